import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openEmbeddedLog } from '../log/embedded.ts';
import { type Log, LogFullError, type LogRecord, type PartitionReader, PartitionTakenError } from '../log/log.ts';
import { type Batch, defineSink, type Outcome, RejectedBatchError } from '../processor.ts';
import {
  deadLetterHeaders,
  deadLettersTopic,
  onlyForHeader,
  otlpHeaders,
  retryOfHeader,
  spansTopic,
} from '../topics.ts';
import { countingMeter } from './meter.ts';
import { formatNote } from './note.ts';
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
const append = (...texts: string[]): Promise<number> => appendWith({}, ...texts);
const appendWith = async (headers: Readonly<Record<string, string>>, ...texts: string[]): Promise<number> => {
  const { endOffset } = await log.extentOf(spansTopic.name, 0);
  await log.append(
    spansTopic.name,
    texts.map((text) => ({ key: '', headers: { project: 'p', ...headers }, value: Buffer.from(text) })),
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
  { reads = spansTopic, through = log } = {},
) => {
  const sink = defineSink({ name: 'store', reads, limits, write });
  const told: string[] = [];
  const meter = countingMeter(sink, (message) => told.push(message));
  return { stop: await runSink({ sink, log: through, meter }), report: meter.report, told };
};

const lag = async (): Promise<number> => (await log.lagOf('store', [spansTopic.name]))[0]!.lag;
const untilDone = () => vi.waitFor(async () => expect(await lag()).toBe(0), { timeout: 20_000 });

const readDeadLetters = async (): Promise<LogRecord[]> =>
  (await log.tail(deadLettersTopic.name, 0, 'start')).next({ maxRecords: 100, maxBytes: 1e6 });

/** Deletes the records before `offset` although a group has still to read them, as retention does on Kafka. */
const deleteBefore = (offset: number): void => {
  const file = new DatabaseSync(join(directory, 'log.db'), { timeout: 5_000 });
  file.prepare(`DELETE FROM "topic ${spansTopic.name}" WHERE offset < ?`).run(offset);
  file.close();
};
const lostSentence = (records: number): string =>
  `store lost ${records} records of ${spansTopic.name}: the log had deleted them before they were read`;

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

test('passes over what was put back for another, in the middle of a batch and as all of it', async () => {
  const store = tokenStore();
  const first = await append('a');
  await appendWith({ [onlyForHeader]: 'another' }, 'not mine');
  await appendWith({ [onlyForHeader]: 'store' }, 'mine again');
  const tokens: string[] = [];
  const write = async (batch: Batch) => {
    tokens.push(batch.token);
    store.insert(batch);
    return [];
  };
  const { stop, report, told } = await run(write);
  await untilDone();
  await appendWith({ [onlyForHeader]: 'another' }, 'nor this');
  await untilDone();
  await stop();
  expect(store.rows).toEqual(['a', 'mine again']);
  expect(tokens).toEqual([expect.stringMatching(new RegExp(`/${first}-${first + 3}$`))]);
  expect(report()).toMatchObject({ kept: 2, dropped: { 'put back for another processor': 2 }, deadLettered: {} });
  expect(told).toEqual([]);
});

test('a dead letter that fails again is let go and told of: as another one it would come back for ever', async () => {
  const letter = { key: 'dlt_1', headers: { project: 'p' }, value: Buffer.from('poison') };
  await log.append(deadLettersTopic.name, [letter]);
  const refuse = async () => {
    throw new RejectedBatchError('cannot parse');
  };
  const { stop, report, told } = await run(refuse, undefined, { reads: deadLettersTopic });
  await vi.waitFor(() => expect(report().batchRecords.sum).toBe(1), 20_000);
  await stop();
  expect(report()).toMatchObject({ kept: 0, dropped: { 'the store refuses it': 1 }, deadLettered: {} });
  expect(told).toEqual([expect.stringMatching(/^store set aside or dropped 1 of 1 records, .*cannot parse$/)]);
  expect(await readDeadLetters()).toHaveLength(1);
});

test('a dead letter is for nobody in particular, although what it was is', async () => {
  await appendWith({ [onlyForHeader]: 'store', [retryOfHeader]: 'dlt_1' }, 'letter');
  const { stop } = await run(async ({ records }) =>
    records.map(({ offset }) => ({ kind: 'dead-letter', offset, reason: 'malformed' })),
  );
  await untilDone();
  await stop();
  const [letter] = await readDeadLetters();
  expect(letter!.headers[onlyForHeader]).toBeUndefined();
  expect(letter!.headers[retryOfHeader]).toBe('dlt_1');
});

test('a batch that was begun is written whole or not yet, also when the log gives only a part of it', async () => {
  const first = await append('a', 'b', 'c');
  await log.moveGroup('store', spansTopic.name, [
    { partition: 0, offset: first, metadata: formatNote({ end: first + 3 }) },
  ]);
  let reads = 0;
  const halting: Log = {
    ...log,
    join: (group, topics, hold) =>
      log.join(group, topics, (partition) =>
        hold({
          ...partition,
          // One record, then none for a moment, as where a broker has just become the leader.
          read: async (offset, limits) =>
            ++reads === 2 ? [] : partition.read(offset, reads === 1 ? { ...limits, maxRecords: 1 } : limits),
        }),
      ),
  };
  const batches: string[][] = [];
  const write = async ({ records }: Batch) => {
    batches.push(records.map(textOf));
    return [];
  };
  const { stop, report } = await run(write, undefined, { through: halting });
  await untilDone();
  await stop();
  expect(batches).toEqual([['a', 'b', 'c']]);
  expect(report()).toMatchObject({ kept: 3, failures: 1 });
});

test('counts and tells what the log deleted before it was read, once and also when nothing comes after it', async () => {
  const first = await append('a', 'b', 'c', 'd');
  const place = (offset: number) => [{ partition: 0, offset, metadata: '' }];
  await log.moveGroup('store', spansTopic.name, place(first + 1));
  deleteBefore(first + 4);
  const store = tokenStore();
  const write = async (batch: Batch) => {
    store.insert(batch);
    return [];
  };
  const { stop, report, told } = await run(write);
  await vi.waitFor(() => expect(told).toEqual([lostSentence(3)]));
  await append('e');
  await untilDone();
  await stop();
  expect(store.rows).toEqual(['e']);
  expect(report()).toMatchObject({ kept: 1, dropped: { 'deleted before it was read': 3 }, failures: 0 });
  expect(told).toHaveLength(1);
});

test('counts what is deleted between looking where the group stands and reading there', async () => {
  const first = await append('a', 'b', 'c', 'd');
  deleteBefore(first + 3);
  // As where the log's start was looked up a moment before.
  const early: Log = {
    ...log,
    join: (group, topics, hold) =>
      log.join(group, topics, (partition) =>
        hold({
          ...partition,
          committed: async () => {
            const place = await partition.committed();
            return place.metadata === '' && place.deleted === 0 && place.offset === first + 3
              ? { ...place, offset: first }
              : place;
          },
        }),
      ),
  };
  const tokens: string[] = [];
  const write = async ({ token }: Batch) => {
    tokens.push(token);
    return [];
  };
  const { stop, report, told } = await run(write, undefined, { through: early });
  await untilDone();
  await stop();
  expect(tokens).toEqual([expect.stringMatching(new RegExp(`/${first + 3}-${first + 4}$`))]);
  expect(report()).toMatchObject({ kept: 1, dropped: { 'deleted before it was read': 3 } });
  expect(told).toEqual([lostSentence(3)]);
});

test.each(['stored', 'not stored'])(
  'what is left of a batch that was begun and %s is written under the token of the whole batch',
  async (fate) => {
    const store = tokenStore();
    const first = await append('a', 'b', 'c', 'd');
    const tokens: string[] = [];
    const { promise: writing, resolve } = Promise.withResolvers<void>();
    const died = await run((batch) => {
      tokens.push(batch.token);
      if (fate === 'stored') store.insert(batch);
      resolve();
      return new Promise(() => {});
    });
    await writing;
    // It dies here. Before anyone takes over, retention has come to the middle of the batch.
    void died.stop();
    deleteBefore(first + 2);
    await append('e');
    const { stop, report, told } = await run(async (batch) => {
      tokens.push(batch.token);
      store.insert(batch);
      return [];
    });
    await untilDone();
    await stop();
    expect(tokens[1]).toBe(tokens[0]);
    expect(store.rows).toEqual(fate === 'stored' ? ['a', 'b', 'c', 'd', 'e'] : ['c', 'd', 'e']);
    expect(report()).toMatchObject({ kept: 3, dropped: { 'deleted before it was read': 2 }, failures: 0 });
    expect(told).toEqual([lostSentence(2)]);
  },
);

test('a batch that was begun and of which nothing is left is let go, and counted', async () => {
  const first = await append('a', 'b', 'c', 'd');
  const begun = formatNote({ first, end: first + 3 });
  await log.moveGroup('store', spansTopic.name, [{ partition: 0, offset: first, metadata: begun }]);
  deleteBefore(first + 3);
  const store = tokenStore();
  const { stop, report } = await run(async (batch) => {
    store.insert(batch);
    return [];
  });
  await untilDone();
  await stop();
  expect(store.rows).toEqual(['d']);
  expect(report()).toMatchObject({ kept: 1, dropped: { 'deleted before it was read': 3 }, failures: 0 });
});

test('goes on at the end of a log that goes less far than it had read, without the note, and says so once', async () => {
  const first = await append('a', 'b');
  const begun = formatNote({ first: first + 5, end: first + 9 });
  await log.moveGroup('store', spansTopic.name, [{ partition: 0, offset: first + 5, metadata: begun }]);
  const tokens: string[] = [];
  const { stop, report, told } = await run(async ({ token }) => {
    tokens.push(token);
    return [];
  });
  await vi.waitFor(() => expect(told).toEqual([expect.stringContaining('has lost 3 records')]));
  await append('c');
  await untilDone();
  await vi.waitFor(() => expect(report()).toMatchObject({ kept: 1, failures: 1 }));
  await stop();
  expect(tokens).toEqual([expect.stringMatching(new RegExp(`/${first + 2}-${first + 3}$`))]);
  expect(told).toHaveLength(1);
});

test.each(['stored', 'not stored'])(
  'of a batch that was begun and %s nothing is taken that came after the log had lost its end',
  async (fate) => {
    const store = tokenStore();
    const first = await append('a', 'b');
    const begun = formatNote({ first, end: first + 4 });
    await log.moveGroup('store', spansTopic.name, [{ partition: 0, offset: first, metadata: begun }]);
    const tokens: string[] = [];
    let tries = 0;
    const { stop, report, told } = await run(async (batch) => {
      tokens.push(batch.token);
      if (tries++ === 0) {
        if (fate === 'stored') store.insert(batch);
        await append('c', 'd', 'e');
        throw new Error('the store is away');
      }
      store.insert(batch);
      return [];
    });
    await untilDone();
    await vi.waitFor(() => expect(report()).toMatchObject({ kept: 5, failures: 2 }));
    await stop();
    expect(store.rows).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(tokens.map((token) => token.split('/').at(-1))).toEqual(
      [
        [0, 4],
        [0, 4],
        [2, 5],
      ].map(([from, to]) => `${first + from!}-${first + to!}`),
    );
    expect(told[0]).toContain('has lost 2 records');
  },
);

test('rows that are stored are not sent again because what follows on them fails', async () => {
  await append('a', 'poison');
  let appends = 0;
  let commits = 0;
  const failing = committing(async (partition, offset, metadata) => {
    // The second commit is the one that moves the place.
    if (++commits > 1 && commits < 4) throw new Error('the coordinator is away');
    await partition.commit(offset, metadata);
  });
  const through: Log = {
    ...failing,
    append: async (topic, records) => {
      if (++appends < 4) throw new LogFullError('no room');
      await log.append(topic, records);
    },
  };
  let writes = 0;
  const write = async ({ records }: Batch): Promise<readonly Outcome[]> => {
    writes++;
    return [{ kind: 'dead-letter', offset: records[1]!.offset, reason: 'malformed' }];
  };
  const { stop, report } = await run(write, undefined, { through });
  await untilDone();
  await stop();
  expect(writes).toBe(1);
  expect({ appends, commits }).toEqual({ appends: 4, commits: 4 });
  expect((await readDeadLetters()).map(textOf)).toEqual(['poison']);
  expect(report()).toMatchObject({ kept: 1, deadLettered: { malformed: 1 }, failures: 5 });
});

/** A log whose partitions do something else at a commit. */
const committing = (commit: (partition: PartitionReader, offset: number, metadata: string) => Promise<void>): Log => ({
  ...log,
  join: (group, topics, hold) =>
    log.join(group, topics, (partition) =>
      hold({ ...partition, commit: (offset, metadata) => commit(partition, offset, metadata) }),
    ),
});

test('finishes the batch in hand when the partition is taken away, and begins no other', async () => {
  const store = tokenStore();
  await append('a', 'b');
  const { promise: writing, resolve: begun } = Promise.withResolvers<void>();
  const { promise: leaving, resolve: goOn } = Promise.withResolvers<void>();
  const { stop, report } = await run(async (batch) => {
    begun();
    await leaving;
    store.insert(batch);
    return [];
  });
  await writing;
  await append('c');
  const stopped = stop();
  goOn();
  await stopped;
  expect(store.rows).toEqual(['a', 'b']);
  expect(await lag()).toBe(1);
  expect(report()).toMatchObject({ kept: 2, failures: 0 });
});

test('a batch that waits for company is not begun once the partition is taken away', async () => {
  const { promise: reading, resolve } = Promise.withResolvers<void>();
  await append('a');
  const commits: string[] = [];
  const watched = committing(async (partition, offset, metadata) => {
    commits.push(metadata);
    await partition.commit(offset, metadata);
  });
  const slow: Log = {
    ...watched,
    join: (group, topics, hold) =>
      watched.join(group, topics, (partition) =>
        hold({
          ...partition,
          async read(offset, limits) {
            resolve();
            return partition.read(offset, limits);
          },
        }),
      ),
  };
  const write = async (): Promise<readonly Outcome[]> => [];
  const { stop } = await run(write, { maxRecords: 10, maxBytes: 1e6, lingerMs: 60_000 }, { through: slow });
  await reading;
  await stop();
  expect(commits).toEqual([]);
  expect(await lag()).toBe(1);
});

test('a commit that is refused because another member has the partition is no failure, and nothing is written', async () => {
  await append('a');
  let refusals = 0;
  const taken = committing(async () => {
    refusals++;
    throw new PartitionTakenError('the group has moved on');
  });
  let writes = 0;
  const write = async (): Promise<readonly Outcome[]> => {
    writes++;
    return [];
  };
  const { stop, report, told } = await run(write, undefined, { through: taken });
  await vi.waitFor(() => expect(refusals).toBeGreaterThan(1));
  await stop();
  expect(writes).toBe(0);
  expect(told).toEqual([]);
  expect(report()).toMatchObject({ failures: 0, lastError: '' });
});

test('in a replay, what is still stored is passed over, and tokens are others until the place is where it was', async () => {
  const day = Date.parse('2026-11-20T00:00:00Z');
  const at = (ms: number) => ({ [otlpHeaders.receivedAt]: String(ms) });
  const first = await appendWith(at(day - 1), 'day before');
  await appendWith(at(day), 'removed');
  await appendWith({ ...at(day), [onlyForHeader]: 'store', [retryOfHeader]: 'dlt_1' }, 'original comes again');
  await appendWith(at(day - 1), 'late, never stored');
  const replay = { id: 'r1', sinceMs: day, stored: first + 3, until: first + 4, removing: false };
  await log.moveGroup('store', spansTopic.name, [{ partition: 0, offset: first, metadata: formatNote({ replay }) }]);
  const written: string[][] = [];
  const write = async ({ token, records }: Batch) => {
    written.push([token.endsWith('/replay-r1') ? 'again' : 'first', ...records.map(textOf)]);
    return [];
  };
  const { stop, report } = await run(write, { maxRecords: 2, maxBytes: 1e6, lingerMs: 1 });
  await untilDone();
  await append('new', 'newer');
  await untilDone();
  await stop();
  expect(written).toEqual([
    ['again', 'removed'],
    ['again', 'late, never stored'],
    ['first', 'new', 'newer'],
  ]);
  expect(report().dropped).toEqual({
    'received before the days that are replayed': 1,
    'put back, and the replay reads the original again': 1,
  });
});

test('writes nothing while the rows of a replay are still being removed, and says why', async () => {
  const first = await append('a');
  const replay = { id: 'r1', sinceMs: 0, stored: first + 1, until: first + 1, removing: true };
  await log.moveGroup('store', spansTopic.name, [{ partition: 0, offset: first, metadata: formatNote({ replay }) }]);
  let writes = 0;
  const { stop, report } = await run(async () => {
    writes++;
    return [];
  });
  await vi.waitFor(() => expect(report().failures).toBeGreaterThan(0));
  await stop();
  expect(writes).toBe(0);
  expect(report().lastError).toBe('a replay was begun and not finished: run it again');
});
