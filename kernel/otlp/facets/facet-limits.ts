/** What is counted of a block. All of it is bounded; what comes when a bound is reached is left out, and follows with the next block. */

export interface FacetLimits {
  /** Longer values are texts, never choices. Lengths must fit 7 bits. */
  readonly valueBytes: number;
  /** Of one key in one hour of a tenant: with more, none is listed. */
  readonly valuesOfKey: number;
  /** Of all keys of a column together, in shares of its tenants (tenant-shares.ts): values beyond are not listed. */
  readonly values: number;
  /** Of a column, those of each hour of each tenant for themselves, in shares of tenants: keys beyond are not counted. */
  readonly keys: number;
  /** In shares of tenants: rows of hours beyond are not counted. */
  readonly hours: number;
}

export const facetLimits: FacetLimits = {
  valueBytes: 64,
  valuesOfKey: 1000,
  values: 2 ** 16,
  keys: 2 ** 14,
  hours: 2 ** 14,
};
