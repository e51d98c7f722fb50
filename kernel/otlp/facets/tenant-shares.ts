/**
 * How much each tenant of a block may take of something that is limited. Half of it is divided evenly, and nobody can take
 * that from another. The other half is for whoever comes first: most tenants need little, and some need more.
 */
export class TenantShares {
  private readonly limit: number;
  private ownEach = 0;
  /** What is left of the common half. */
  private common = 0;
  /** Of their own, by number of tenant. */
  private taken = new Int32Array(16);

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Starts anew, with so many tenants. */
  start(tenants: number): void {
    this.ownEach = Math.floor(this.limit / 2 / Math.max(1, tenants));
    this.common = this.limit - tenants * this.ownEach;
    if (tenants > this.taken.length) this.taken = new Int32Array(2 * tenants);
    else this.taken.fill(0);
  }

  /** Takes one for the tenant of this number. Returns whether there was one for it. */
  take(tenant: number): boolean {
    if (this.taken[tenant]! < this.ownEach) this.taken[tenant]!++;
    else if (this.common > 0) this.common--;
    else return false;
    return true;
  }
}
