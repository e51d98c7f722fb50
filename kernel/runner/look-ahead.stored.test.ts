/** A sink that makes rows ahead stores what one stores that does not: in order, after its extent is noted, once. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openEmbeddedLog } from '../log/embedded.ts';
import type { Log } from '../log/log.ts';
import { type Batch, defineSink, type Outcome, RejectedBatchError, type Sink } from '../processor.ts';
import { spansTopic } from '../topics.ts';
import { countingMeter } from './meter.ts';
import { runSink } from './sink.ts';

let directory: string;
let log: Log;
/** What happened, in order: `make`, `store` and `stored` by the sink, `note` and `place` by the runner. */
let happened: string[];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'syntra-ahead-'));
  log = await openEmbeddedLog({ directory });
  happened = [];
});
afterEach(async () => {
  await log.close();
  await rm(directory, { recursive: true });
});

const append = (...texts: string[]) =>
  log.append(
    spansTopic.name,
    texts.map((text) => ({ key: '', headers: { project: 'p' }, value: Buffer.from(text) })),
  );
const textsOf = ({ records }: Batch): string => records.map(({ value }) => Buffer.from(value).toString()).join('');

/** One record a batch. `store` may wait, or throw. */
const run = async (store: (batch: Batch) => Promise<readonly Outcome[]>) => {
  const write: Sink['write'] = async (batch, mayStore) => {
    happened.push(`make ${textsOf(batch)}`);
    await mayStore;
    happened.push(`store ${textsOf(batch)}`);
    const outcomes = await store(batch);
    happened.push(`stored ${textsOf(batch)}`);
    return outcomes;
  };
  const limits = { maxRecords: 1, maxBytes: 1e6, lingerMs: 0 };
  const sink = defineSink({ name: 'store', reads: spansTopic, limits, write, makesRowsAhead: true });
  const told: Log = {
    ...log,
    join: (group, topics, hold) =>
      log.join(group, topics, (partition) =>
        hold({
          ...partition,
          async commit(offset, metadata) {
            await partition.commit(offset, metadata);
            happened.push(metadata === '' ? 'place' : 'note');
          },
        }),
      ),
  };
  const meter = countingMeter(sink, () => {});
  return { stop: await runSink({ sink, log: told, meter }), report: meter.report };
};

const lag = async (): Promise<number> => (await log.lagOf('store', [spansTopic.name]))[0]!.lag;
const untilDone = () => vi.waitFor(async () => expect(await lag()).toBe(0), { timeout: 20_000 });

test('rows are made while those before are stored, one batch ahead, and stored when their extent is noted', async () => {
  await append('a', 'b', 'c');
  const { stop, report } = await run(async (batch) => {
    // As long as this one is not stored, the next can only be made.
    const next = { a: 'b', b: 'c' }[textsOf(batch)];
    if (next) await vi.waitFor(() => expect(happened).toContain(`make ${next}`), { timeout: 20_000 });
    return [];
  });
  await untilDone();
  await stop();
  expect(happened.filter((what) => !what.startsWith('make'))).toEqual([
    ...['note', 'store a', 'stored a', 'place'],
    ...['note', 'store b', 'stored b', 'place'],
    ...['note', 'store c', 'stored c', 'place'],
  ]);
  expect(happened.indexOf('make c')).toBeGreaterThan(happened.indexOf('stored a'));
  expect(report()).toMatchObject({ kept: 3, failures: 0 });
});

test('what was made ahead of a batch that failed is dropped, and made again when its turn comes', async () => {
  await append('a', 'b');
  let failures = 1;
  const tokens: string[] = [];
  const { stop, report } = await run(async ({ token, ...batch }) => {
    if (textsOf({ token, ...batch }) === 'a' && failures > 0) {
      await vi.waitFor(() => expect(happened).toContain('make b'), { timeout: 20_000 });
      failures--;
      throw new Error('the store is away');
    }
    tokens.push(token);
    return [];
  });
  await untilDone();
  await stop();
  expect(happened.filter((what) => what.startsWith('store'))).toEqual([
    ...['store a', 'store a', 'stored a', 'store b', 'stored b'],
  ]);
  expect(happened.filter((what) => what === 'make b')).toHaveLength(2);
  expect(new Set(tokens).size).toBe(2);
  expect(report()).toMatchObject({ kept: 2, failures: 1 });
});

test('what was made ahead and fails does so when its turn comes, and holds up nobody before', async () => {
  await append('a', 'b');
  let refusals = 0;
  const { stop, report } = await run(async (batch) => {
    if (textsOf(batch) === 'b') {
      refusals++;
      throw new RejectedBatchError('malformed');
    }
    return [];
  });
  await untilDone();
  await stop();
  expect(refusals).toBe(1);
  expect(report()).toMatchObject({ kept: 1, deadLettered: { 'the store refuses it': 1 }, failures: 0 });
});

test('what was made ahead is not stored once the partition is taken away', async () => {
  await append('a', 'b');
  const { promise: leaving, resolve: goOn } = Promise.withResolvers<void>();
  const { stop } = await run(async () => {
    await leaving;
    return [];
  });
  await vi.waitFor(() => expect(happened).toContain('make b'), { timeout: 20_000 });
  const stopped = stop();
  goOn();
  await stopped;
  expect(happened.filter((what) => what !== 'make b')).toEqual(['make a', 'note', 'store a', 'stored a', 'place']);
  expect(await lag()).toBe(1);
});
