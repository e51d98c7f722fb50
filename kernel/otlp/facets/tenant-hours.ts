/** The hours that rows of a block belong to, those of each tenant for themselves, numbered in the order they come. */

/** One of them. Tenants are numbers of the block's dictionaries; hours are counted from 1970. */
interface TenantHour {
  readonly org: number;
  readonly project: number;
  readonly hour: number;
  /** The longest of its rows. */
  retentionDays: number;
}

export class TenantHours {
  readonly all: TenantHour[] = [];
  private readonly numbers = new Map<string, number>();
  private last = -1;

  /** Starts anew. */
  clear(): void {
    this.all.length = 0;
    this.numbers.clear();
    this.last = -1;
  }

  /** The number of an hour: mostly that of the row before. */
  numberOf(org: number, project: number, hour: number, retentionDays: number): number {
    const last = this.all[this.last];
    if (last === undefined || last.hour !== hour || last.project !== project || last.org !== org) {
      this.last = this.find(org, project, hour);
    }
    const found = this.all[this.last]!;
    if (retentionDays > found.retentionDays) found.retentionDays = retentionDays;
    return this.last;
  }

  private find(org: number, project: number, hour: number): number {
    const name = `${org}/${project}/${hour}`;
    const known = this.numbers.get(name);
    if (known !== undefined) return known;
    this.numbers.set(name, this.all.length);
    return this.all.push({ org, project, hour, retentionDays: 0 }) - 1;
  }
}

/** The hour of nanoseconds since 1970, given as the halves of an Int64 that is not negative. */
export const hourOf = (low: number, high: number): number =>
  // 3,600,000,000,000 = 2^13 × 439,453,125, and without those 13 bits a time is exact in a double.
  Math.min(lastHour, Math.floor((high * 2 ** 19 + (low >>> 13)) / 439_453_125));

/** The last that the 32 bits of a DateTime hold, in 2106. */
const lastHour = Math.floor(0xffffffff / 3600);
