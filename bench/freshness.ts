/** How long after its acknowledgement a span can be found: markers, sent all the while and looked up through the API. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Freshness {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly markers: number;
  /** Markers that were acknowledged and not found within `giveUpMs`. */
  readonly lost: number;
}

/** Looking costs queries, so there is one marker under way at a time, and time between looks. */
const lookEveryMs = 500;
const giveUpMs = 60_000;

/** Sends marker after marker until `signal` aborts, each when the one before was found or given up. */
export const measureFreshness = async (apiUrl: string, otlpUrl: string, signal: AbortSignal): Promise<Freshness> => {
  const ages: (number | undefined)[] = [];
  while (!signal.aborted) ages.push(await followMarker(apiUrl, otlpUrl));
  const found = ages.filter((age) => age !== undefined).sort((a, b) => a - b);
  return {
    p50Ms: at(found, 0.5),
    p99Ms: at(found, 0.99),
    markers: ages.length,
    lost: ages.length - found.length,
  };
};

const followMarker = async (apiUrl: string, otlpUrl: string): Promise<number | undefined> => {
  const traceId = randomBytes(16).toString('hex');
  const nowNs = `${Date.now()}000000`;
  const span = {
    traceId,
    spanId: randomBytes(8).toString('hex'),
    name: 'marker',
    startTimeUnixNano: nowNs,
    endTimeUnixNano: nowNs,
  };
  const response = await fetch(`${otlpUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }),
  });
  if (!response.ok) throw new Error(`The marker was refused: ${response.status} ${await response.text()}`);
  const acknowledgedMs = performance.now();
  while (performance.now() - acknowledgedMs < giveUpMs) {
    const found = await fetch(`${apiUrl}/api/v1/traces/${traceId}`);
    await found.arrayBuffer();
    if (found.ok) return performance.now() - acknowledgedMs;
    await sleep(lookEveryMs);
  }
  return undefined;
};

const at = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
