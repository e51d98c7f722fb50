/** What an answer cost that took several queries. */
import type { QueryCost } from '../kernel/telemetry/client.ts';

/** Time is what the store worked, not what the caller waited: queries may run side by side. */
export const totalCost = (costs: readonly QueryCost[]): QueryCost => ({
  rowsRead: costs.reduce((sum, cost) => sum + cost.rowsRead, 0),
  bytesRead: costs.reduce((sum, cost) => sum + cost.bytesRead, 0),
  elapsedMs: costs.reduce((sum, cost) => sum + cost.elapsedMs, 0),
});
