/**
 * Mutated requests, a hundred thousand per encoding straight at the readers and some thousands over the network. What
 * ingest accepts must be what a decoder that is not ours can read, and what the row writers can store. Seeds are fixed, and
 * one is new in every run; a failure names seed and round, which repeat it: FUZZ_SEED=<seed>.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import type protobuf from 'protobufjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { check, MalformedError } from '../kernel/otlp/check/check.ts';
import { salvage } from '../kernel/otlp/check/salvage.ts';
import { readJson } from '../kernel/otlp/json/json.ts';
import type { Signal } from '../kernel/otlp/messages.ts';
import { type Random, randomOf, randomRequest } from '../kernel/otlp/proof/random-requests.ts';
import { randomWire } from '../kernel/otlp/proof/random-wire.ts';
import { logsRequest, metricsRequest, traceRequest } from '../kernel/otlp/proof/reference.ts';
import { TooLargeError } from '../kernel/otlp/protobuf-writer.ts';
import { logsTranscoder } from '../kernel/otlp/rows/logs-rows.ts';
import { metricsTranscoder } from '../kernel/otlp/rows/metrics-rows.ts';
import { spansTranscoder } from '../kernel/otlp/rows/spans-rows.ts';
import { framed } from './grpc-message.ts';
import { mutate } from './mutate.ts';
import { openTestIngest, type TestIngest } from './test-ingest.ts';

const roundsPerEncoding = 102_000;
const roundsPerTransport = 2_000;
const nowMs = Date.UTC(2026, 10, 20);
const maxBytes = 2 ** 22;
const mebibyte = 2 ** 20;
const fixedSeeds = [1, 20_261_120];
const seeds = process.env.FUZZ_SEED ? [Number(process.env.FUZZ_SEED)] : [...fixedSeeds, Date.now() % 2 ** 31];
const signals = ['traces', 'logs', 'metrics'] as const;

const types: Record<Signal, protobuf.Type> = { traces: traceRequest, logs: logsRequest, metrics: metricsRequest };
// Fields that receivers are to ignore, and do whatever is in them; the decoder would insist on integers.
for (const name of ['KeyValue.keyStrindex', 'AnyValue.stringValueStrindex']) {
  const field = traceRequest.root.lookup(`opentelemetry.proto.common.v1.${name}`)!;
  field.parent!.remove(field);
}
const transcoders = { traces: spansTranscoder(), logs: logsTranscoder(), metrics: metricsTranscoder() };
/** One for each signal, as a sink has. */
const openBlocks = () => ({
  traces: transcoders.traces.openBlock(),
  logs: transcoders.logs.openBlock(),
  metrics: transcoders.metrics.openBlock(),
});
let blocks = openBlocks();
const examples: Record<Signal, Buffer> = Object.fromEntries(
  signals.map((signal) => {
    const file = signal === 'traces' ? 'trace' : signal;
    return [signal, readFileSync(join(import.meta.dirname, `../kernel/otlp/fixtures/examples/${file}.json`))];
  }),
) as Record<Signal, Buffer>;

/** Good requests of each signal to begin with: the example, and what chance makes. */
const jsonCorpus = (signal: Signal, random: Random): Buffer[] => [
  Buffer.from(JSON.stringify(JSON.parse(examples[signal].toString()))),
  ...Array.from({ length: 40 }, () => Buffer.from(JSON.stringify(randomRequest(signal, random)))),
];
const protobufCorpus = (signal: Signal, random: Random): Buffer[] => [
  ...jsonCorpus(signal, random).map((body) => Buffer.from(readJson(body, signal, maxBytes).bytes)),
  ...Array.from({ length: 40 }, () => Buffer.from(randomWire(signal, random(2 ** 31)))),
];

/** Calls `use` with mutants, and names the one it fails on. */
const forMutants = async (
  rounds: number,
  corpusOf: (signal: Signal, random: Random) => Buffer[],
  use: (body: Buffer, signal: Signal, random: Random) => void | Promise<void>,
): Promise<void> => {
  for (const seed of seeds) {
    const random = randomOf(seed);
    const corpora = signals.map((signal) => corpusOf(signal, random));
    const pick = (corpus: Buffer[]): Buffer => corpus[random(corpus.length)]!;
    for (let round = 0; round < rounds / seeds.length; round++) {
      const index = random(signals.length);
      const body = mutate(pick(corpora[index]!), pick(corpora[random(signals.length)]!), random);
      try {
        await use(body, signals[index]!, random);
      } catch (cause) {
        const bytes = body.subarray(0, 4096).toString('base64');
        throw new Error(`FUZZ_SEED=${seed}, round ${round}, ${signals[index]}: ${String(cause)}\nbody: ${bytes}`, {
          cause,
        });
      }
    }
  }
};

const collectGarbage = ((): (() => void) => {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc');
})();
const usedBytes = async (): Promise<number> => {
  collectGarbage();
  // V8 frees the bytes of buffers on another thread, and counts them as gone once the next collection has waited for it.
  await setImmediate();
  collectGarbage();
  return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
};
/** Without what blocks keep for the next request on purpose. */
const heapBytes = (): Promise<number> => {
  blocks = openBlocks();
  return usedBytes();
};

/** What a block may keep of the requests before (block-memory.ts), and halves with each that needs less than an eighth of it. */
const keptOfBlock = 128 * mebibyte;
const halvingsToNothing = Math.log2(keptOfBlock / 1024);
/** What each dictionary may keep of its keys (byte-buffer.ts), and of tables of 2^16 places with half as many entries (dictionary.ts). */
const keptOfKeys = mebibyte;
const keptOfTables = 4 * (2 ** 16 + 4 * 2 ** 15);

/** Bytes that a block says it holds, beyond those of a new one. */
const heldOf = (signal: Signal): number => blocks[signal].heldBytes - transcoders[signal].openBlock().heldBytes;
const dictionariesOf = (signal: Signal): number => transcoders[signal].structure.split('LowCardinality(').length - 1;

/** Neither readers nor blocks may keep more than they say: nothing, what is counted as held, and the tables of dictionaries. */
const expectLittleKept = async (before: number): Promise<void> => {
  let allowedBytes = 0;
  for (const signal of signals) {
    blocks[signal].clear();
    expect(blocks[signal].heldBytes, signal).toBeLessThanOrEqual(keptOfBlock);
    allowedBytes += heldOf(signal) + dictionariesOf(signal) * keptOfTables;
  }
  const withBlocks = await usedBytes();
  for (const signal of signals) {
    for (let i = 0; i < halvingsToNothing; i++) blocks[signal].clear();
    expect(heldOf(signal), signal).toBeLessThanOrEqual(dictionariesOf(signal) * keptOfKeys);
  }
  const without = await heapBytes();
  expect((without - before) / mebibyte).toBeLessThan(16);
  expect((withBlocks - without) / mebibyte).toBeLessThan(allowedBytes / mebibyte + 16);
};

/** Undefined when the reader says, as it may, that this is no request. */
const orRefused = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch (error) {
    if (error instanceof MalformedError && error.message.length < 1000) return undefined;
    if (error instanceof TooLargeError) return undefined;
    throw error;
  }
};

const origin = { org: 'o', project: 'p', receivedAtMs: nowMs, retentionDays: 1, partition: 0, offset: 0 };
const tally = { accepted: 0, partial: 0, refused: 0 };

/** What the check lets through, whole or salvaged, must be readable by all that come after. */
const checkThrough = (bytes: Uint8Array, signal: Signal): void => {
  const checked = orRefused(() => check(bytes, signal, nowMs));
  if (!checked) {
    tally.refused++;
    return;
  }
  const kept = checked.bad ? salvage(bytes, signal, checked.bad) : bytes;
  tally[checked.bad ? 'partial' : 'accepted']++;
  const again = check(kept, signal, nowMs);
  expect([again.records, again.rejections.count]).toEqual([checked.records, 0]);
  types[signal].decode(kept);
  blocks[signal].clear();
  const { rows } = blocks[signal].add(kept, origin);
  // of a metric with several kinds of data, only the last is read
  if (signal === 'metrics') expect(rows).toBeLessThanOrEqual(checked.records);
  else expect(rows).toBe(checked.records);
};

const expectVariety = (rounds: number): void => {
  expect(tally.accepted + tally.partial + tally.refused).toBeGreaterThanOrEqual(rounds * 0.9);
  for (const count of Object.values(tally)) expect(count, JSON.stringify(tally)).toBeGreaterThan(rounds / 100);
};

describe('straight at the readers', () => {
  test('protobuf', async () => {
    Object.assign(tally, { accepted: 0, partial: 0, refused: 0 });
    await forMutants(2000, protobufCorpus, checkThrough);
    const before = await heapBytes();
    await forMutants(roundsPerEncoding, protobufCorpus, checkThrough);
    await expectLittleKept(before);
    expectVariety(roundsPerEncoding);
  });

  test('JSON', async () => {
    Object.assign(tally, { accepted: 0, partial: 0, refused: 0 });
    const read = (body: Buffer, signal: Signal): void => {
      const json = orRefused(() => readJson(body, signal, maxBytes));
      if (json) checkThrough(json.bytes, signal);
      else tally.refused++;
    };
    await forMutants(2000, jsonCorpus, read);
    const before = await heapBytes();
    await forMutants(roundsPerEncoding, jsonCorpus, read);
    await expectLittleKept(before);
    expectVariety(roundsPerEncoding);
  });
});

describe('over the network', () => {
  let ingest: TestIngest;
  beforeAll(async () => {
    ingest = await openTestIngest({ maxRequestBytes: maxBytes });
  });
  afterAll(() => ingest.close());

  const compressors = { gzip: gzipSync, deflate: deflateSync, zstd: zstdCompressSync };
  /** Compressed now and then, and then broken at times. */
  const compressed = (body: Buffer, random: Random): { encoding: string; bytes: Buffer } => {
    const encoding = (['identity', 'identity', 'gzip', 'deflate', 'zstd'] as const)[random(5)]!;
    if (encoding === 'identity') return { encoding, bytes: body };
    const bytes = compressors[encoding](body);
    return { encoding, bytes: random(3) === 0 ? mutate(bytes, body, random) : bytes };
  };

  const afterwards = async (answers: ReadonlyMap<string, number>): Promise<void> => {
    await expect.poll(() => ingest.inFlight).toMatchObject({ bytes: 0, requests: 0 });
    expect(ingest.faults).toEqual([]);
    expect(answers.size).toBe(2);
  };

  test.each(['protobuf', 'json'] as const)('HTTP, %s', async (format) => {
    const answers = new Map<string, number>();
    const corpus = format === 'json' ? jsonCorpus : protobufCorpus;
    const contentType = format === 'json' ? 'application/json' : 'application/x-protobuf';
    await forMutants(roundsPerTransport, corpus, async (body, signal, random) => {
      const { encoding, bytes } = compressed(body, random);
      const response = await fetch(`${ingest.url}/v1/${signal}`, {
        method: 'POST',
        headers: { 'content-type': contentType, 'content-encoding': encoding },
        body: new Uint8Array(bytes),
      });
      expect([200, 400]).toContain(response.status);
      expect(response.headers.get('content-type')).toBe(contentType);
      await response.arrayBuffer();
      answers.set(String(response.status), (answers.get(String(response.status)) ?? 0) + 1);
    });
    await afterwards(answers);
  });

  test('gRPC', async () => {
    const answers = new Map<string, number>();
    const session = connect(`http://127.0.0.1:${ingest.grpcPort}`);
    const paths: Record<Signal, string> = {
      traces: 'trace.v1.Trace',
      logs: 'logs.v1.Logs',
      metrics: 'metrics.v1.Metrics',
    };
    await forMutants(roundsPerTransport, protobufCorpus, async (body, signal, random) => {
      const { encoding, bytes } = compressed(body, random);
      const message = framed(bytes);
      message[0] = encoding === 'identity' ? 0 : 1;
      const stream = session.request({
        ':method': 'POST',
        ':path': `/opentelemetry.proto.collector.${paths[signal]}Service/Export`,
        'content-type': 'application/grpc',
        'grpc-encoding': encoding,
      });
      let code: unknown;
      stream.on('response', (headers) => {
        code ??= headers['grpc-status'];
      });
      stream.on('trailers', (trailers) => {
        code ??= trailers['grpc-status'];
      });
      stream.resume();
      stream.end(random(50) === 0 ? mutate(message, body, random) : message);
      await once(stream, 'close');
      expect(['0', '3', '8']).toContain(code);
      if (code !== '8') answers.set(String(code), (answers.get(String(code)) ?? 0) + 1);
    });
    session.close();
    await afterwards(answers);
  });
});
