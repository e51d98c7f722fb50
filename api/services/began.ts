/**
 * Where a project's calls began inside a range, rates divide by the time since then: an hour's view of a project that is
 * ten minutes old would else say a sixth of what its charts show, on the first page anybody sees.
 */
import type { Telemetry, Tenant } from '../../kernel/telemetry/client.ts';
import { serviceSource, windowParams } from './red.ts';
import type { RedWindow } from './window.ts';

export const sinceFirstCall = async (
  telemetry: Pick<Telemetry, 'query'>,
  tenant: Tenant,
  window: RedWindow,
): Promise<RedWindow> => {
  const { rows } = await telemetry.query<{ calls: number; first_ms: number }>({
    tenant,
    sql: `SELECT sum(calls) AS calls, min(at_ms) AS first_ms FROM ${serviceSource(window)}`,
    params: windowParams(window),
  });
  const { calls, first_ms } = rows[0]!;
  return calls === 0 || first_ms <= window.fromMs ? window : beginAt(first_ms, window);
};

/** The same window, whose rates divide by what has passed of it since `firstMs`. */
export const beginAt = (firstMs: number, window: RedWindow): RedWindow => ({
  ...window,
  seconds: Math.max(1, window.seconds - (firstMs - window.fromMs) / 1000),
});
