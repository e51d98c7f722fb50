/**
 * Makes what was recorded new, in place: every id, and every value that identifies (user, order, cart, session, client
 * port), gives way to another of the same length and kind, one for all places that have the same, so that spans stay in
 * their traces and logs with their spans; and times are moved. A round is one such renewal of a whole corpus.
 *
 * Finding the places is done once, at leisure. Writing them is a loop over tables: it runs beside what is measured.
 */
import type { Signal } from './corpus-file.ts';
import { type Random, randomFrom } from './random.ts';
import { findRecordPlaces, type RecordPlaces } from './record-places.ts';

export interface Identities {
  /** Takes part in every round from now on. The bytes are changed by the stamp alone. */
  add(signal: Signal, request: Uint8Array): Stamp;
  /** New ids and values for all requests; each shows them once it is stamped. */
  renew(round: number): void;
}

/**
 * Writes the round's ids and values into the request, and its times so that the newest of the corpus is `baseMs`. Bases
 * are whole milliseconds, and another in every round.
 */
export type Stamp = (baseMs: number) => void;

/** @param newestNs the newest time in the corpus */
export const createIdentities = (newestNs: bigint, seed = 0): Identities => {
  const tokens = new Map<string, Token>();
  let table = new Uint8Array(0);
  let tableLength = 0;
  let requests = 0;

  const startOf = (kind: Kind, recorded: Uint8Array): number => {
    const key = `${kind} ${Buffer.from(recorded).toString('latin1')}`;
    let token = tokens.get(key);
    if (token === undefined) {
      token = { kind, start: tableLength, length: recorded.length };
      tokens.set(key, token);
      tableLength += recorded.length;
    }
    return token.start;
  };

  return {
    add(signal, request) {
      const found = findRecordPlaces(signal, request);
      const values = [...found.ids.map((id) => ({ ...id, kind: 'bytes' as const })), ...findValues(request)];
      const copies = Int32Array.from(
        values.flatMap(({ kind, at, length }) => [at, startOf(kind, request.subarray(at, at + length)), length]),
      );
      const view = new DataView(request.buffer, request.byteOffset, request.byteLength);
      const times = timesOf(found, view, newestNs, requests++);
      return (baseMs) => {
        for (let i = 0; i < copies.length; i += 3) {
          const at = copies[i]!;
          const from = copies[i + 1]!;
          for (let k = copies[i + 2]! - 1; k >= 0; k--) request[at + k] = table[from + k]!;
        }
        moveTimes(times, view, baseMs);
      };
    },
    renew(round) {
      if (table.length < tableLength) table = new Uint8Array(tableLength);
      const random = randomFrom(seed, round);
      for (const { kind, start, length } of tokens.values()) write[kind](table, start, length, random);
    },
  };
};

/** What a place may hold. */
type Kind = 'bytes' | 'hex' | 'letters' | 'port';

/** A value that identifies, and where in the table its present form is. */
interface Token {
  readonly kind: Kind;
  readonly start: number;
  readonly length: number;
}

/** Values that identify, by how they look in the bytes: the group changes. */
const patterns: readonly (readonly [Kind, RegExp])[] = [
  ['hex', /(?:ord|cart|pi)_([0-9a-f]{10})/dg],
  ['hex', /usr_([0-9a-f]{12})/dg],
  // Between a key and its text are two tags and two lengths.
  ['hex', /session\.id[\s\S]{4}([0-9a-f]{6})/dg],
  ['letters', /cus_(abe|bao|cleo|dina|edo|fay)/dg],
  // Between a key and its number are two tags and a length; a port from 16384 on is a varint of three bytes. A client's.
  ['port', /network\.peer\.port[\s\S]{3}([\u0080-\u00ff]{2}[\s\S])(?=[\s\S]{0,160}client\.address)/dg],
];

function* findValues(request: Uint8Array): Generator<{ kind: Kind; at: number; length: number }> {
  const text = Buffer.from(request.buffer, request.byteOffset, request.byteLength).toString('latin1');
  for (const [kind, pattern] of patterns) {
    for (const { indices } of text.matchAll(pattern)) {
      const [start, end] = indices![1]!;
      yield { kind, at: start, length: end - start };
    }
  }
}

interface Times {
  readonly places: Int32Array;
  /** How far each is from the newest of the corpus, in nanoseconds: low and high half, by turns. */
  readonly distances: Uint32Array;
}

/**
 * Below the millisecond, times of log records are numbered by record and those of points by collection, which all points
 * of a request that were read at once have in common: so no two log records, and no two points of a series, ever have the
 * same time, and what is stored can be counted by it.
 */
const timesOf = ({ times }: RecordPlaces, view: DataView, newestNs: bigint, request: number): Times => {
  let record = 0;
  const collections = new Map<bigint, number>();
  const known = times.filter(({ at }) => view.getBigUint64(at, true) !== 0n);
  const distances = known.flatMap(({ at, of }) => {
    const ns = view.getBigUint64(at, true) - newestNs;
    if (of === 'point' && !collections.has(ns)) collections.set(ns, collections.size);
    const number = of === 'log' ? record++ : of === 'point' ? collections.get(ns) : undefined;
    const moved = number === undefined ? ns : wholeMs(ns) + BigInt(request * maxRecords + number);
    const unsigned = BigInt.asUintN(64, moved);
    return [Number(unsigned & 0xffffffffn), Number(unsigned >> 32n)];
  });
  if (Math.max(record, collections.size) > maxRecords || request * maxRecords >= nsPerMs)
    throw new Error('A corpus of so many log records has no times for all');
  return { places: Int32Array.from(known, ({ at }) => at), distances: Uint32Array.from(distances) };
};

const nsPerMs = 1_000_000n;
const maxRecords = 5_000;
const wholeMs = (ns: bigint): bigint => (ns / nsPerMs) * nsPerMs;

const moveTimes = ({ places, distances }: Times, view: DataView, baseMs: number): void => {
  const baseNs = BigInt(baseMs) * nsPerMs;
  const baseLow = Number(baseNs & 0xffffffffn);
  const baseHigh = Number(baseNs >> 32n);
  for (let i = 0; i < places.length; i++) {
    const at = places[i]!;
    const low = baseLow + distances[2 * i]!;
    view.setUint32(at, low, true);
    view.setUint32(at + 4, baseHigh + distances[2 * i + 1]! + (low > 0xffffffff ? 1 : 0), true);
  }
};

type Write = (table: Uint8Array, start: number, length: number, random: Random) => void;

const fromAlphabet = (alphabet: string): Write => {
  const codes = Buffer.from(alphabet);
  return (table, start, length, random) => {
    for (let i = start; i < start + length; i++) table[i] = codes[(random() >>> 8) % codes.length]!;
  };
};

const write: Readonly<Record<Kind, Write>> = {
  bytes(table, start, length, random) {
    for (let i = 0, value = 0; i < length; i++, value >>>= 8) {
      if (i % 4 === 0) value = random();
      table[start + i] = value;
    }
  },
  hex: fromAlphabet('0123456789abcdef'),
  letters: fromAlphabet('abcdefghijklmnopqrstuvwxyz'),
  port(table, start, _length, random) {
    const port = 32_768 + ((random() >>> 8) % 28_232);
    table[start] = 0x80 | port;
    table[start + 1] = 0x80 | (port >>> 7);
    table[start + 2] = port >>> 14;
  },
};
