/**
 * What every log promises. Each adapter's own test calls this. Topics have one partition here, so that order can be
 * seen; what several change is the business of those adapters that have them.
 */
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { deadLettersTopic, logsTopic, servicesSeenTopic, spansTopic, type TopicDefinition } from '../topics.ts';
import { GroupInUseError, type Log, type LogRecord, type NewRecord, type PartitionReader } from './log.ts';

export interface LogAdapter {
  readonly name: string;
  /** Names a place in which there is no log yet. */
  createPlace(): Promise<string>;
  open(place: string, topics: readonly TopicDefinition[]): Promise<Log>;
  /** Deletes all records of a topic, as retention does in time. */
  forget(log: Log, place: string, topic: TopicDefinition): Promise<void>;
  removePlace(place: string): Promise<void>;
}

const topics = [spansTopic, logsTopic, servicesSeenTopic, deadLettersTopic].map((topic) => ({
  ...topic,
  partitions: 1,
}));

const record = (text: string, key = ''): NewRecord => ({ key, headers: { n: text }, value: Buffer.from(text) });
const textOf = (r: LogRecord): string => Buffer.from(r.value).toString();
const everything = { maxRecords: 10_000, maxBytes: 1e9 };

export const describeLog = ({ name, createPlace, open, forget, removePlace }: LogAdapter): void => {
  describe(`the ${name} log`, () => {
    let place: string;
    let log: Log;

    beforeEach(async () => {
      place = await createPlace();
      log = await open(place, topics);
    });
    afterEach(async () => {
      await log.close();
      await removePlace(place);
    });

    const reopen = async (): Promise<void> => {
      await log.close();
      log = await open(place, topics);
    };
    /** Appends to a topic of which only the first partition is looked at, and tells at which offset. */
    const appendAt = async (topic: string, records: readonly NewRecord[]): Promise<number> => {
      const { endOffset } = await log.extentOf(topic, 0);
      await log.append(topic, records);
      return endOffset;
    };
    /** Holds the only partition of a topic for as long as `use` runs. */
    const held = async <Result>(
      group: string,
      topic: string,
      use: (partition: PartitionReader) => Promise<Result>,
    ): Promise<Result> => {
      const { promise, resolve, reject } = Promise.withResolvers<Result>();
      const leave = await log.join(group, [topic], (partition) => use(partition).then(resolve, reject));
      const result = await promise;
      await leave();
      return result;
    };
    const readAll = (group: string, topic: string): Promise<LogRecord[]> =>
      held(group, topic, async (partition) => partition.read((await partition.committed()).offset, everything));

    test('gives back what was appended: order, key, headers, bytes', async () => {
      const value = randomBytes(300_000);
      await log.append(spansTopic.name, [record('a', 'k1'), { key: 'k2', headers: { x: 'ü', y: '' }, value }]);
      await log.append(spansTopic.name, [record('c')]);
      const records = await readAll('g', spansTopic.name);
      expect(records.map((r) => r.key)).toEqual(['k1', 'k2', '']);
      expect(records[1]!.headers).toEqual({ x: 'ü', y: '' });
      expect(Buffer.from(records[1]!.value).equals(value)).toBe(true);
      expect(records[0]!.offset).toBeLessThan(records[1]!.offset);
      expect(records[1]!.offset).toBeLessThan(records[2]!.offset);
      expect(Math.abs(records[0]!.timestampMs - Date.now())).toBeLessThan(60_000);
    });

    test('leaves the bytes it was given untouched', async () => {
      const value = Buffer.from('mine');
      await log.append(spansTopic.name, [{ key: '', headers: {}, value }]);
      expect(value.toString()).toBe('mine');
    });

    test('keeps the order of every key under concurrent appends', async () => {
      const appends = Array.from({ length: 200 }, (_, i) =>
        log.append(servicesSeenTopic.name, [record(`${i}-a`, `k${i % 3}`), record(`${i}-b`, `k${i % 3}`)]),
      );
      await Promise.all(appends);
      const records = await readAll('g', servicesSeenTopic.name);
      expect(records).toHaveLength(400);
      const places = new Map(records.map((r) => [textOf(r), r.offset]));
      for (let i = 0; i < 200; i++) expect(places.get(`${i}-a`)!).toBeLessThan(places.get(`${i}-b`)!);
    });

    test('is durable: what was acknowledged is there after reopening, and offsets go on', async () => {
      const before = await appendAt(spansTopic.name, [record('a')]);
      await reopen();
      const after = await appendAt(spansTopic.name, [record('b')]);
      expect(after).toBeGreaterThan(before);
      expect((await readAll('g', spansTopic.name)).map(textOf)).toEqual(['a', 'b']);
    });

    test('reads no more than asked for, but always at least one record', async () => {
      await log.append(spansTopic.name, [record('aaaa'), record('bbbb'), record('cccc')]);
      await held('g', spansTopic.name, async (partition) => {
        const { offset } = await partition.committed();
        expect((await partition.read(offset, { maxRecords: 2, maxBytes: 1e6 })).map(textOf)).toEqual(['aaaa', 'bbbb']);
        expect((await partition.read(offset, { maxRecords: 9, maxBytes: 8 })).map(textOf)).toEqual(['aaaa', 'bbbb']);
        expect((await partition.read(offset, { maxRecords: 9, maxBytes: 1 })).map(textOf)).toEqual(['aaaa']);
      });
    });

    test('remembers where a group stands and what it noted, apart from other groups', async () => {
      const first = await appendAt(spansTopic.name, [record('a'), record('b')]);
      await held('g', spansTopic.name, (partition) => partition.commit(first + 1, 'note'));
      await reopen();
      const committed = await held('g', spansTopic.name, (partition) => partition.committed());
      expect(committed).toEqual({ offset: first + 1, metadata: 'note', deleted: 0, beyondEnd: 0 });
      expect((await readAll('g', spansTopic.name)).map(textOf)).toEqual(['b']);
      expect((await readAll('other', spansTopic.name)).map(textOf)).toEqual(['a', 'b']);
    });

    test('has a name of its own, the same after reopening', async () => {
      const name = () => held('g', spansTopic.name, async ({ logId }) => logId);
      const before = await name();
      await reopen();
      expect(await name()).toBe(before);
      expect(await log.logIdOf(spansTopic.name)).toBe(before);
      const elsewhere = await createPlace();
      const other = await open(elsewhere, topics);
      const { promise, resolve } = Promise.withResolvers<string>();
      await other.join('g', [spansTopic.name], async ({ logId }) => resolve(logId));
      expect(await promise).not.toBe(before);
      await other.close();
      await removePlace(elsewhere);
    });

    test('says which offset the first record of a partition gets', async () => {
      expect(await appendAt(spansTopic.name, [record('a')])).toBe(log.firstOffset);
      expect(await log.extentOf(spansTopic.name, 0)).toMatchObject({ startOffset: log.firstOffset });
    });

    test('replays from any offset', async () => {
      const first = await appendAt(spansTopic.name, [record('a'), record('b'), record('c')]);
      await held('g', spansTopic.name, (partition) => partition.commit(first + 3, ''));
      const again = await held('g', spansTopic.name, (partition) => partition.read(first + 1, everything));
      expect(again.map(textOf)).toEqual(['b', 'c']);
    });

    test('wakes a waiting reader when something arrives, and lets it go when its time is up', async () => {
      await held('g', spansTopic.name, async (partition) => {
        const { offset } = await partition.committed();
        await partition.waitFor(offset, 1);
        expect(await partition.read(offset, everything)).toEqual([]);
        const woken = partition.waitFor(offset, 60_000);
        await log.append(spansTopic.name, [record('a')]);
        await woken;
        expect((await partition.read(offset, everything)).map(textOf)).toEqual(['a']);
      });
    });

    test('lets go of a partition when its member leaves', async () => {
      const { promise: given, resolve: give } = Promise.withResolvers<void>();
      const { promise: aborted, resolve: abort } = Promise.withResolvers<void>();
      const leave = await log.join('g', [spansTopic.name], async (partition) => {
        give();
        await partition.waitFor((await partition.committed()).offset, 60_000);
        if (partition.signal.aborted) abort();
      });
      await given;
      await leave();
      await aborted;
    });

    test('finds the oldest record taken at or after a time, and the end when there is none', async () => {
      const first = await appendAt(deadLettersTopic.name, [record('a')]);
      expect(await log.offsetAt(deadLettersTopic.name, 0, Date.now() - 60_000)).toBe(first);
      expect(await log.offsetAt(deadLettersTopic.name, 0, Date.now() + 60_000)).toBe(first + 1);
      expect(await log.extentOf(deadLettersTopic.name, 0)).toMatchObject({ endOffset: first + 1 });
    });

    test('moves a group that nobody reads as, and refuses while somebody does', async () => {
      const first = await appendAt(deadLettersTopic.name, [record('a'), record('b')]);
      await held('g', deadLettersTopic.name, async (partition) => {
        await partition.commit(first + 2, 'note');
        const back = [{ partition: 0, offset: first, metadata: '' }];
        await expect(log.moveGroup('g', deadLettersTopic.name, back)).rejects.toThrow(GroupInUseError);
      });
      await log.moveGroup('g', deadLettersTopic.name, [{ partition: 0, offset: first + 1, metadata: 'moved' }]);
      expect(await log.placeOf('g', deadLettersTopic.name, 0)).toMatchObject({ offset: first + 1, metadata: 'moved' });
      await log.moveGroup('g', deadLettersTopic.name, [{ partition: 0, offset: first + 1, metadata: '' }]);
      expect(await log.placeOf('g', deadLettersTopic.name, 0)).toMatchObject({ offset: first + 1, metadata: '' });
      expect(await log.placeOf('never', deadLettersTopic.name, 0)).toMatchObject({ offset: first, metadata: '' });
      const committed = await held('g', deadLettersTopic.name, (partition) => partition.committed());
      expect(committed).toMatchObject({ offset: first + 1, metadata: '' });
    });

    test('a group that is further than the log goes on at its end, without its note', async () => {
      const first = await appendAt(deadLettersTopic.name, [record('a'), record('b')]);
      const beyond = [{ partition: 0, offset: first + 5, metadata: 'note' }];
      await log.moveGroup('g', deadLettersTopic.name, beyond);
      const end = { offset: first + 2, metadata: '', deleted: 0, beyondEnd: 3 };
      expect(await log.placeOf('g', deadLettersTopic.name, 0)).toEqual(end);
      expect(await held('g', deadLettersTopic.name, (partition) => partition.committed())).toEqual(end);
      expect((await log.lagOf('g', [deadLettersTopic.name]))[0]).toMatchObject({ committedOffset: first + 2, lag: 0 });
    });

    test('measures lag', async () => {
      const first = await appendAt(spansTopic.name, [record('a'), record('b'), record('c')]);
      await held('g', spansTopic.name, (partition) => partition.commit(first + 1, ''));
      const [lag] = await log.lagOf('g', [spansTopic.name]);
      expect(lag).toEqual({
        topic: spansTopic.name,
        partition: 0,
        committedOffset: first + 1,
        endOffset: first + 3,
        lag: 2,
      });
    });

    test('tails from the start, from the end and from an offset, without a group', async () => {
      const first = await appendAt(logsTopic.name, [record('a'), record('b')]);
      const fromStart = await log.tail(logsTopic.name, 0, 'start');
      const fromEnd = await log.tail(logsTopic.name, 0, 'end');
      const fromOffset = await log.tail(logsTopic.name, 0, first + 1);
      const waiting = fromEnd.wait(60_000);
      await log.append(logsTopic.name, [record('c')]);
      await waiting;
      expect((await fromStart.next(everything)).map(textOf)).toEqual(['a', 'b', 'c']);
      expect((await fromEnd.next(everything)).map(textOf)).toEqual(['c']);
      expect((await fromOffset.next(everything)).map(textOf)).toEqual(['b', 'c']);
      expect(await fromEnd.next(everything)).toEqual([]);
    });

    test('a tail goes on behind what was deleted before it got there, and waits for what is new', async () => {
      const tail = await log.tail(deadLettersTopic.name, 0, 'start');
      await log.append(deadLettersTopic.name, [record('gone'), record('gone too')]);
      await forget(log, place, deadLettersTopic);
      expect(await tail.next(everything)).toEqual([]);
      let woken = false;
      const waiting = tail.wait(60_000).then(() => {
        woken = true;
      });
      await log.ping();
      expect(woken).toBe(false);
      const next = await appendAt(deadLettersTopic.name, [record('new')]);
      await waiting;
      expect(tail.position).toBe(next);
      expect((await tail.next(everything)).map(textOf)).toEqual(['new']);
    });

    test('deletes by age, and moves a group whose place is gone to the oldest record kept', async () => {
      const first = await appendAt(deadLettersTopic.name, [record('old')]);
      await forget(log, place, deadLettersTopic);
      const next = await appendAt(deadLettersTopic.name, [record('new')]);
      expect(next).toBeGreaterThan(first);
      expect((await readAll('g', deadLettersTopic.name)).map(textOf)).toEqual(['new']);
    });

    test('keeps the note of a group whose place is gone, and says how many records it never came to', async () => {
      const topic = deadLettersTopic.name;
      const first = await appendAt(topic, [record('a'), record('b'), record('c'), record('d')]);
      await held('g', topic, (partition) => partition.commit(first + 1, 'note'));
      // Groups of this run would keep what they have not read.
      await reopen();
      await forget(log, place, deadLettersTopic);
      const next = await appendAt(topic, [record('new')]);
      expect(await log.placeOf('g', topic, 0)).toMatchObject({ offset: next, metadata: 'note', deleted: 3 });
      expect(await log.placeOf('never', topic, 0)).toMatchObject({ offset: next, metadata: '', deleted: 0 });
      expect((await log.lagOf('g', [topic]))[0]).toMatchObject({ committedOffset: next, lag: 1 });
      await held('g', topic, async (partition) => {
        expect(await partition.committed()).toMatchObject({ offset: next, metadata: 'note', deleted: 3 });
        expect((await partition.read(first + 1, everything)).map(textOf)).toEqual(['new']);
        // The place may be committed again before anything is done about it.
        await partition.commit(first + 1, 'another');
        expect(await partition.committed()).toMatchObject({ offset: next, metadata: 'another', deleted: 3 });
        await partition.commit(next, '');
        expect(await partition.committed()).toMatchObject({ offset: next, metadata: '', deleted: 0 });
      });
    });

    test('refuses a topic that was never declared', async () => {
      await expect(log.append('nobody.declared.this', [record('a')])).rejects.toThrow(/no topic/);
    });

    test('answers a ping while open, and rejects everything once closed', async () => {
      await log.ping();
      await log.close();
      await expect(log.append(spansTopic.name, [record('a')])).rejects.toThrow();
      log = await open(place, topics);
    });
  });
};
