/**
 * The corpus as requests that never repeat themselves: what was recorded, completed to the shape of the targets
 * (`shape.ts`), put into requests of as many records as wanted, as a Collector between the SDKs and us does, and made
 * new in every round (`identities.ts`).
 */
import { readCorpus, type Signal } from './corpus-file.ts';
import { createIdentities, type Stamp } from './identities.ts';
import { findRecordPlaces } from './record-places.ts';
import { encodeRequest, type Leaf, leavesOf } from './request-leaves.ts';
import { completeSpan, type ShapedSpan } from './shape.ts';

export interface Corpus {
  /** In the order in which they were recorded, the signals between each other. */
  readonly requests: readonly CorpusRequest[];
  /** New ids for all, shown by each once it is stamped. */
  renew(round: number): void;
}

export interface CorpusRequest {
  readonly signal: Signal;
  /** Written over by `stamp`: not while it is being sent. */
  readonly bytes: Buffer;
  /** Spans, log records or data points in it. */
  readonly records: number;
  readonly stamp: Stamp;
}

export interface CorpusWanted {
  readonly signals: readonly Signal[];
  /** Exactly so many in each request; what is left over at the end of the corpus is left out. */
  readonly recordsPerRequest: number;
  /** Of metrics, only gauges and sums. */
  readonly numbersOnly?: boolean;
  readonly seed?: number;
}

/** @throws Error when a signal has fewer records than one request shall have */
export const openCorpus = ({ signals, recordsPerRequest, numbersOnly = false, seed = 0 }: CorpusWanted): Corpus => {
  const unstamped = signals.flatMap((signal) => {
    const leaves = leavesOfSignal(signal).filter(
      ({ metric, isNumber }) => metric === undefined || isNumber || !numbersOnly,
    );
    const count = Math.floor(leaves.length / recordsPerRequest);
    if (count === 0) throw new Error(`The corpus has ${leaves.length} ${signal}: none fill ${recordsPerRequest}.`);
    return Array.from({ length: count }, (_, i) => ({
      signal,
      bytes: encodeRequest(signal, leaves.slice(i * recordsPerRequest, (i + 1) * recordsPerRequest)),
      moment: i / count,
    }));
  });
  unstamped.sort((a, b) => a.moment - b.moment);
  const identities = createIdentities(newestOf(unstamped), seed);
  return {
    requests: unstamped.map(({ signal, bytes }) => ({
      signal,
      bytes,
      records: recordsPerRequest,
      stamp: identities.add(signal, bytes),
    })),
    renew: identities.renew,
  };
};

const leavesOfSignal = (signal: Signal): Leaf[] => {
  const leaves = readCorpus(signal).flatMap((request) => leavesOf(signal, request));
  if (signal === 'traces') {
    const spans = leaves.map(({ record }) => record as ShapedSpan);
    for (const [i, span] of spans.entries()) completeSpan(span, i, spans[i - 1]);
  }
  return leaves;
};

/** In nanoseconds. */
const newestOf = (requests: readonly { readonly signal: Signal; readonly bytes: Buffer }[]): bigint => {
  let newest = 0n;
  for (const { signal, bytes } of requests) {
    for (const { at } of findRecordPlaces(signal, bytes).times) {
      const time = bytes.readBigUInt64LE(at);
      if (time > newest) newest = time;
    }
  }
  return newest;
};
