/**
 * Sends the corpus, made new in every round, in a process of its own: at a held rate, or as fast as it is acknowledged.
 * `node bench/load.ts <url> '<options as JSON>'`; ends with one line of JSON. Others run it through `run-load.ts`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzip, type ZlibOptions } from 'node:zlib';
import { openCorpus } from './corpus.ts';
import type { Signal } from './corpus-file.ts';
import { type Compression, type HttpConnection, headOf, openHttpConnection } from './http-connection.ts';

export interface LoadOptions {
  readonly signals: readonly Signal[];
  readonly seconds: number;
  readonly connections: number;
  /** Of all signals together; undefined: as fast as they are acknowledged. */
  readonly recordsPerSecond?: number;
  readonly recordsPerRequest: number;
  readonly compression: Compression;
  /** Loads of one store need different ones: the same seed sends the same ids. */
  readonly seed: number;
}

export interface LoadResult {
  /** Records of each signal in requests that were answered with 200 and no word of rejection. */
  readonly acknowledged: Readonly<Record<Signal, number>>;
  /** How many requests ended how: by status, `partial` or `broken`. Of a broken one nobody knows whether it was stored. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** When the first request was sent, in milliseconds since 1970. */
  readonly startedAtMs: number;
  readonly seconds: number;
  /** Of this process, compressing included. */
  readonly cpuSeconds: number;
  readonly answerP50Ms: number;
  readonly answerP99Ms: number;
  /** How late the last request was, at a held rate: far behind means that the rate was not held. */
  readonly behindSeconds: number;
}

const main = async (url: URL, options: LoadOptions): Promise<LoadResult> => {
  const { signals, recordsPerRequest, compression, seed, recordsPerSecond = Number.POSITIVE_INFINITY } = options;
  const corpus = openCorpus({ signals, recordsPerRequest, seed });
  const shots = corpus.requests.map((request): Shot => {
    const path = `${url.pathname.replace(/\/$/, '')}/v1/${request.signal}`;
    return { ...request, headOf: (bodyBytes) => headOf(url, path, bodyBytes, compression), sent: Promise.resolve() };
  });
  const acknowledged: Record<Signal, number> = { traces: 0, logs: 0, metrics: 0 };
  const outcomes: Record<string, number> = {};
  const answerMs: number[] = [];
  const cpuBefore = process.cpuUsage();
  const startedAtMs = Date.now();
  const startedMs = performance.now();
  const untilMs = startedMs + options.seconds * 1000;
  let next = 0;
  let baseMs = 0;
  let behindMs = 0;

  /** The next request, at its time and new; undefined when time is up. */
  const take = async (): Promise<Shot | undefined> => {
    const dueMs = startedMs + ((next * recordsPerRequest) / recordsPerSecond) * 1000;
    if (Math.max(dueMs, performance.now()) >= untilMs) return undefined;
    const earlyMs = dueMs - performance.now();
    if (earlyMs > 0) await sleep(earlyMs);
    else if (recordsPerSecond !== Number.POSITIVE_INFINITY) behindMs = -earlyMs;
    const index = next++ % shots.length;
    if (index === 0) {
      corpus.renew(next);
      // Whole milliseconds, and another for each round.
      baseMs = Math.max(Date.now(), baseMs + 1);
    }
    const shot = shots[index]!;
    // Its bytes are not written over while they are being sent.
    await shot.sent;
    shot.stamp(baseMs);
    return shot;
  };

  /** One after the other: a request that waited for its time must not be given the ids of the next round. */
  let taking: Promise<Shot | undefined> = Promise.resolve(undefined);
  const takeInTurn = (): Promise<Shot | undefined> => {
    taking = taking.then(take);
    return taking;
  };

  const send = async (shot: Shot, connection: HttpConnection): Promise<void> => {
    // As everything in it is new in every round, it is compressed as often.
    const body = compression === 'gzip' ? await gzipped(shot.bytes) : shot.bytes;
    const sentMs = performance.now();
    const outcome = await connection.post(shot.headOf(body.length), body).then(
      ({ status, bodyBytes }) => (status === 200 && bodyBytes > 0 ? 'partial' : String(status)),
      () => 'broken',
    );
    answerMs.push(performance.now() - sentMs);
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    if (outcome === '200') acknowledged[shot.signal] += shot.records;
    // As senders do who are told to come back, or find nobody.
    else await sleep(refusedPauseMs);
  };

  const keepSending = async (connection: HttpConnection): Promise<void> => {
    for (let shot = await takeInTurn(); shot !== undefined; shot = await takeInTurn()) {
      shot.sent = send(shot, connection);
      await shot.sent;
    }
  };

  const connections = Array.from({ length: options.connections }, () => openHttpConnection(url));
  await Promise.all(connections.map(keepSending));
  for (const connection of connections) connection.close();
  const { user, system } = process.cpuUsage(cpuBefore);
  answerMs.sort((a, b) => a - b);
  return {
    acknowledged,
    outcomes,
    startedAtMs,
    seconds: (performance.now() - startedMs) / 1000,
    cpuSeconds: (user + system) / 1e6,
    answerP50Ms: answerMs[Math.floor(answerMs.length * 0.5)] ?? 0,
    answerP99Ms: answerMs[Math.floor(answerMs.length * 0.99)] ?? 0,
    behindSeconds: behindMs / 1000,
  };
};

/** A request of the corpus, ready to be sent. */
interface Shot {
  readonly signal: Signal;
  readonly records: number;
  readonly bytes: Buffer;
  headOf(bodyBytes: number): Buffer;
  stamp(baseMs: number): void;
  /** Its last sending. */
  sent: Promise<void>;
}

const refusedPauseMs = 100;

/**
 * In threads of its own. The level that costs the generator least, half of the usual one: what it makes is a sixth longer,
 * and takes as long to inflate.
 */
const gzipped = (bytes: Buffer): Promise<Buffer> => gzipInPool(bytes, { level: 1, chunkSize: bytes.length >> 1 });
const gzipInPool = promisify<Buffer, ZlibOptions, Buffer>(gzip);

const [url, options] = process.argv.slice(2);
if (url === undefined) throw new Error("usage: node bench/load.ts <url> '<options as JSON>'");
const defaults: LoadOptions = {
  signals: ['traces'],
  seconds: 10,
  connections: 8,
  recordsPerRequest: 500,
  compression: 'identity',
  seed: 1,
};
console.log(JSON.stringify(await main(new URL(url), { ...defaults, ...(JSON.parse(options ?? '{}') as object) })));
