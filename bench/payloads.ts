/**
 * Single requests out of the corpus, the same for the same seed, no record of one in another. What sends without end
 * takes `corpus.ts`.
 */
import { type Corpus, openCorpus } from './corpus.ts';
import type { Signal } from './corpus-file.ts';

export interface Payload {
  readonly request: Uint8Array;
  /** Spans, log records or data points in it. */
  readonly records: number;
}

export const tracePayload = (seed: number, spans: number): Payload => payload('traces', seed, spans);

export const logsPayload = (seed: number, logRecords: number): Payload => payload('logs', seed, logRecords);

/** Points of gauges and sums alone. */
export const metricsPayload = (seed: number, points: number): Payload => payload('metrics', seed, points);

const payload = (signal: Signal, seed: number, recordsPerRequest: number): Payload => {
  const name = `${signal} ${recordsPerRequest}`;
  let opened = corpora.get(name);
  if (opened === undefined) {
    opened = { corpus: openCorpus({ signals: [signal], recordsPerRequest, numbersOnly: true }), round: -1 };
    corpora.set(name, opened);
  }
  const { requests, renew } = opened.corpus;
  const round = Math.floor(seed / requests.length);
  if (round !== opened.round) renew(round);
  opened.round = round;
  const { bytes, records, stamp } = requests[seed % requests.length]!;
  stamp(startMs + round);
  return { request: Buffer.from(bytes), records };
};

const corpora = new Map<string, { readonly corpus: Corpus; round: number }>();

const startMs = 1_700_000_000_000;
