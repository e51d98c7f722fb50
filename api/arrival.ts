/**
 * Tables are cut into partitions by the day of arrival. Ingest refuses what claims to be from more than a day later than
 * its arrival, so what happened at a time cannot have arrived much earlier: partitions of the days before need no look.
 */

const hour = 3_600_000;
/** What a Date column can hold. */
const latestMs = Date.UTC(2149, 5, 6);

/** The first day on which something that happened at this time, or later, can have arrived: `YYYY-MM-DD`. */
export const firstArrivalDay = (fromMs: number): string =>
  new Date(Math.min(latestMs, Math.max(0, fromMs - 25 * hour))).toISOString().slice(0, 10);
