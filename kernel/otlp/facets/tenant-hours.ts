/** The tenants of a block, and the hours that their rows belong to, each numbered in the order they come. */
import type { LowCardinalityColumn } from '../native/low-cardinality-column.ts';
import { TenantShares } from './tenant-shares.ts';

/** An hour of a tenant. Org and project are numbers of the block's dictionaries; hours are counted from 1970. */
interface TenantHour {
  readonly org: number;
  readonly project: number;
  readonly tenant: number;
  readonly hour: number;
  /** The longest of its rows. */
  retentionDays: number;
}

export interface TenantColumns {
  readonly org: LowCardinalityColumn;
  readonly project: LowCardinalityColumn;
}

export class TenantHours {
  readonly all: TenantHour[] = [];
  private readonly tenants = new Map<number, number>();
  private readonly numbers = new Map<number, number>();
  private readonly shares: TenantShares;
  private last = -1;

  /** @param limit of hours of all tenants, in shares of theirs */
  constructor(limit: number) {
    this.shares = new TenantShares(limit);
  }

  /** Starts anew, on a block of so many rows. */
  start({ org, project }: TenantColumns, rows: number): void {
    this.all.length = 0;
    this.numbers.clear();
    this.tenants.clear();
    this.last = -1;
    const orgs = org.numbers.view;
    const projects = project.numbers.view;
    for (let row = 0, lastOrg = -1, lastProject = -1; row < rows; row++) {
      const orgOfRow = orgs.getInt32(4 * row, true);
      const projectOfRow = projects.getInt32(4 * row, true);
      if (orgOfRow === lastOrg && projectOfRow === lastProject) continue;
      lastOrg = orgOfRow;
      lastProject = projectOfRow;
      const name = nameOf(orgOfRow, projectOfRow);
      if (!this.tenants.has(name)) this.tenants.set(name, this.tenants.size);
    }
    this.shares.start(this.tenants.size);
  }

  get tenantCount(): number {
    return this.tenants.size;
  }

  /** The number of an hour of a tenant, mostly that of the row before; -1 when it has too many. */
  numberOf(org: number, project: number, hour: number, retentionDays: number): number {
    const last = this.all[this.last];
    if (last === undefined || last.hour !== hour || last.project !== project || last.org !== org) {
      this.last = this.find(org, project, hour);
      if (this.last < 0) return -1;
    }
    const found = this.all[this.last]!;
    if (retentionDays > found.retentionDays) found.retentionDays = retentionDays;
    return this.last;
  }

  private find(org: number, project: number, hour: number): number {
    const tenant = this.tenants.get(nameOf(org, project))!;
    const name = nameOf(tenant, hour);
    const known = this.numbers.get(name);
    if (known !== undefined) return known;
    if (!this.shares.take(tenant)) return -1;
    this.numbers.set(name, this.all.length);
    return this.all.push({ org, project, tenant, hour, retentionDays: 0 }) - 1;
  }
}

/** One for two numbers; the first has at most 21 bits, as many as a block has requests. */
const nameOf = (one: number, other: number): number => one * 2 ** 32 + other;

/** The hour of nanoseconds since 1970, given as the halves of an Int64 that is not negative. */
export const hourOf = (low: number, high: number): number =>
  // 3,600,000,000,000 = 2^13 × 439,453,125, and without those 13 bits a time is exact in a double.
  Math.min(lastHour, Math.floor((high * 2 ** 19 + (low >>> 13)) / 439_453_125));

/** The last that the 32 bits of a DateTime hold, in 2106. */
const lastHour = Math.floor(0xffffffff / 3600);
