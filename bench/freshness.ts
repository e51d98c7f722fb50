/**
 * How long after its acknowledgement a span can be found. Markers go in at a steady pace beside the load, and one cheap
 * question, which reads no more than the marker's place in the order of the table, tells how many have come out.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Freshness {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly markers: number;
}

export interface FreshnessOptions {
  readonly otlpHttpUrl: string;
  /** How many spans of `markerService` can be found. */
  countMarkers(): Promise<number>;
  /** Ends the sending; what has been sent is waited for. */
  readonly signal: AbortSignal;
}

export const markerService = 'bench-marker';

/** So precise are the ages: later looks than needed make them longer, never shorter. */
const paceMs = 250;
const giveUpMs = 120_000;

/** @throws Error when a marker is refused, or not found within two minutes */
export const measureFreshness = async ({ otlpHttpUrl, countMarkers, signal }: FreshnessOptions): Promise<Freshness> => {
  const acknowledgedMs: number[] = [];
  const agesMs: number[] = [];
  const before = await countMarkers();
  const send = async (): Promise<void> => {
    while (!signal.aborted) {
      await sendMarker(otlpHttpUrl);
      acknowledgedMs.push(performance.now());
      await sleep(paceMs);
    }
  };
  const look = async (): Promise<void> => {
    while (!signal.aborted || agesMs.length < acknowledgedMs.length) {
      await sleep(paceMs);
      const found = (await countMarkers()) - before;
      const nowMs = performance.now();
      // They come out in the order in which they went in.
      for (const atMs of acknowledgedMs.slice(agesMs.length, found)) agesMs.push(nowMs - atMs);
      const oldestMs = acknowledgedMs[agesMs.length] ?? nowMs;
      if (nowMs - oldestMs > giveUpMs) throw new Error(`A marker was not found after ${giveUpMs / 1000} s.`);
    }
  };
  await Promise.all([send(), look()]);
  const sorted = agesMs.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
  return { p50Ms: at(0.5), p99Ms: at(0.99), markers: sorted.length };
};

const sendMarker = async (otlpHttpUrl: string): Promise<void> => {
  const nowNs = `${Date.now()}000000`;
  const span = {
    traceId: randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
    name: 'marker',
    startTimeUnixNano: nowNs,
    endTimeUnixNano: nowNs,
  };
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: markerService } }] };
  const response = await fetch(`${otlpHttpUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] }),
  });
  if (!response.ok) throw new Error(`A marker was refused: ${response.status} ${await response.text()}`);
  await response.arrayBuffer();
};
