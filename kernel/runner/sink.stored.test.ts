import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openEmbeddedLog } from '../log/embedded.ts';
import type { Log, LogRecord } from '../log/log.ts';
import { type Batch, defineSink, type Outcome, RejectedBatchError } from '../processor.ts';
import { deadLetterHeaders, deadLettersTopic, spansTopic } from '../topics.ts';
import { countingMeter } from './meter.ts';
import { runSink } from './sink.ts';

let directory: string;
let log: Log;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'syntra-sink-'));
  log = await openEmbeddedLog({ directory });
});
afterEach(async () => {
  await log.close();
  await rm(directory, { recursive: true });
});

/** Answers the offset of the first. */
const append = async (...texts: string[]): Promise<number> => {
  const { endOffset } = await log.extentOf(spansTopic.name, 0);
  await log.append(
    spansTopic.name,
    texts.map((text) => ({ key: '', headers: { project: 'p' }, value: Buffer.from(text) })),
  );
  return endOffset;
};
const textOf = (record: LogRecord): string => Buffer.from(record.value).toString();

/** A store that, like ClickHouse, ignores a token it has seen. */
const tokenStore = () => {
  const tokens = new Set<string>();
  const rows: string[] = [];
  return {
    rows,
    insert(batch: Batch) {
      if (tokens.has(batch.token)) return;
      tokens.add(batch.token);
      rows.push(...batch.records.map(textOf));
    },
  };
};

const run = async (
  write: (batch: Batch) => Promise<readonly Outcome[]>,
  limits = { maxRecords: 10, maxBytes: 1e6, lingerMs: 1 },
) => {
  const sink = defineSink({ name: 'store', reads: spansTopic, limits, write });
  const meter = countingMeter(sink, () => {});
  return { stop: await runSink({ sink, log, meter }), report: meter.report };
};

const lag = async (): Promise<number> => (await log.lagOf('store', [spansTopic.name]))[0]!.lag;
const untilDone = () => vi.waitFor(async () => expect(await lag()).toBe(0), { timeout: 20_000 });

const readDeadLetters = async (): Promise<LogRecord[]> =>
  (await log.tail(deadLettersTopic.name, 0, 'start')).next({ maxRecords: 100, maxBytes: 1e6 });

test('writes everything once, in order, in batches within the limits', async () => {
  const store = tokenStore();
  const sizes: number[] = [];
  const expected = Array.from({ length: 57 }, (_, i) => `r${i}`);
  await append(...expected);
  const { stop, report } = await run(async (batch) => {
    sizes.push(batch.records.length);
    store.insert(batch);
    return [];
  });
  await untilDone();
  await stop();
  expect(store.rows).toEqual(expected);
  expect(Math.max(...sizes)).toBe(10);
  expect(report()).toMatchObject({ kept: 57, bytes: expected.join('').length });
});

test('writes the same batch under the same token after dying between insert and commit', async () => {
  const store = tokenStore();
  await append('a', 'b', 'c');
  const tokens: string[] = [];
  const { promise: inserted, resolve } = Promise.withResolvers<void>();
  const first = await run((batch) => {
    tokens.push(batch.token);
    store.insert(batch);
    resolve();
    return new Promise(() => {});
  });
  await inserted;
  // The first member dies here: its write never returns. More arrives before anyone takes over.
  void first.stop();
  await append('d', 'e');
  const second = await run(async (batch) => {
    tokens.push(batch.token);
    store.insert(batch);
    return [];
  });
  await untilDone();
  await second.stop();
  expect(tokens[1]).toBe(tokens[0]);
  expect(store.rows).toEqual(['a', 'b', 'c', 'd', 'e']);
});

test('tries again until the store is back, without skipping anything', async () => {
  const store = tokenStore();
  let failures = 3;
  await append('a', 'b');
  const { stop, report } = await run(async (batch) => {
    if (failures-- > 0) throw new Error('the store is away');
    store.insert(batch);
    return [];
  });
  await untilDone();
  await stop();
  expect(store.rows).toEqual(['a', 'b']);
  expect(report()).toMatchObject({ failures: 3, lastError: 'the store is away' });
});

test('sets aside only the record the store refuses, with reason, origin and bytes', async () => {
  const store = tokenStore();
  const first = await append('a', 'poison', 'b');
  const { stop, report } = await run(async (batch) => {
    if (batch.records.some((record) => textOf(record) === 'poison')) throw new RejectedBatchError('cannot parse');
    store.insert(batch);
    return [];
  });
  await untilDone();
  await stop();
  expect(store.rows).toEqual(['a', 'b']);
  expect(report()).toMatchObject({ kept: 2, deadLettered: { 'the store refuses it': 1 }, failures: 0 });
  const letters = await readDeadLetters();
  expect(letters.map(textOf)).toEqual(['poison']);
  expect(letters[0]!.headers).toMatchObject({
    project: 'p',
    [deadLetterHeaders.processor]: 'store',
    [deadLetterHeaders.topic]: spansTopic.name,
    [deadLetterHeaders.offset]: String(first + 1),
    [deadLetterHeaders.reason]: 'the store refuses it: cannot parse',
  });
});

test('finds a few bad records of many in few writes', async () => {
  const store = tokenStore();
  const bad = new Set(['r100', 'r101', 'r777']);
  const texts = Array.from({ length: 1000 }, (_, i) => `r${i}`);
  await append(...texts);
  let writes = 0;
  const { stop, report } = await run(
    async (batch) => {
      writes++;
      if (batch.records.some((record) => bad.has(textOf(record)))) throw new RejectedBatchError('cannot parse');
      store.insert(batch);
      return [];
    },
    { maxRecords: 1000, maxBytes: 1e6, lingerMs: 1 },
  );
  await untilDone();
  await stop();
  expect(store.rows).toEqual(texts.filter((text) => !bad.has(text)));
  expect((await readDeadLetters()).map(textOf)).toEqual([...bad]);
  expect(report()).toMatchObject({ kept: 997, deadLettered: { 'the store refuses it': 3 } });
  expect(writes).toBeLessThan(100);
});

test('does not write again what was stored of a batch before the rest was refused', async () => {
  const store = tokenStore();
  await append('a', 'b', 'poison', 'c');
  const { stop } = await run(async (batch) => {
    // Two inserts a batch, as where it spans midnight: each has a token of its own.
    const stored: number[] = [];
    for (const [part, records] of [batch.records.slice(0, 2), batch.records.slice(2)].entries()) {
      if (records.some((record) => textOf(record) === 'poison')) throw new RejectedBatchError('cannot parse', stored);
      store.insert({ ...batch, token: `${batch.token}/${part}`, records });
      stored.push(...records.map(({ offset }) => offset));
    }
    return [];
  });
  await untilDone();
  await stop();
  expect(store.rows).toEqual(['a', 'b', 'c']);
  expect((await readDeadLetters()).map(textOf)).toEqual(['poison']);
});

test('counts what a sink drops or sets aside by itself', async () => {
  await append('keep', 'drop', 'letter');
  const { stop, report } = await run(async ({ records }) =>
    records.flatMap((record): Outcome[] => {
      if (textOf(record) === 'drop') return [{ kind: 'dropped', offset: record.offset, reason: 'too old' }];
      if (textOf(record) === 'letter') return [{ kind: 'dead-letter', offset: record.offset, reason: 'malformed' }];
      return [];
    }),
  );
  await untilDone();
  await stop();
  expect(report()).toMatchObject({ kept: 1, dropped: { 'too old': 1 }, deadLettered: { malformed: 1 } });
  expect((await readDeadLetters()).map(textOf)).toEqual(['letter']);
});
