import { describe, expect, test } from 'vitest';
import { reportOf } from '../../kernel/reports/test-reports.ts';
import { stateOf } from './instance-state.ts';
import { series } from './instances.ts';
import { whyNotAccepting } from './not-accepting.ts';
import { ingestOfProject } from './of-project.ts';
import { storesOf } from './store-health.ts';
import { batchRecords, newInstances, runOf, startMs } from './test-instances.ts';

const stateAt = (instances: ReturnType<typeof newInstances>, at: number): string[] =>
  instances.all(startMs + at * 1000).map((instance) => stateOf(instance, startMs + at * 1000));

describe('processes', () => {
  test('run, are late when three reports have not come, and are forgotten in the end', () => {
    const instances = newInstances();
    runOf(instances, { instance: 'one' }).reports(0);
    expect([stateAt(instances, 15), stateAt(instances, 16)]).toEqual([['running'], ['late']]);
    expect([stateAt(instances, 15 * 60), stateAt(instances, 15 * 60 + 1)]).toEqual([['late'], []]);
  });

  test('stop when they say so, and a report that comes late changes nothing', () => {
    const instances = newInstances();
    const one = runOf(instances, { instance: 'one' });
    const early = one.reports(0);
    one.reports(5, { stopping: true });
    instances.hear(early, startMs + 6_000);
    expect(stateAt(instances, 100)).toEqual(['stopped']);
  });

  test('are known in a bounded number, the one that has been silent longest is let go of', () => {
    const instances = newInstances();
    for (let i = 0; i < 250; i++) runOf(instances, { instance: `run ${i}` }).reports(i);
    const names = instances.all(startMs + 250_000).map(({ newest }) => newest.report.instance);
    expect(names).toHaveLength(200);
    expect(names).toContain('run 249');
    expect(names).not.toContain('run 49');
  });

  test('take little memory each: a minute of reports, and projects of the newest alone', () => {
    const instances = newInstances();
    const one = runOf(instances, { instance: 'one' });
    const projects = [{ project: 'prj', recordsPerSecond: 1, newestMs: 1, rejected: [] }];
    for (let at = 0; at < 600; at += 5) one.reports(at, { ingest: { projects } });
    const { recent, newest } = instances.all(startMs + 600_000)[0]!;
    expect(recent).toHaveLength(13);
    expect(recent.flatMap(({ report }) => report.ingest!.projects)).toEqual([]);
    expect(newest.report.ingest!.projects).toEqual(projects);
  });
});

test('a processor is known also when no process runs it any more', () => {
  const instances = newInstances();
  runOf(instances, { instance: 'one' }).reports(0, { processor: { name: 'store-logs', topics: ['otlp.logs'] } });
  expect(instances.all(startMs + 3_600_000)).toEqual([]);
  expect(instances.processors()).toEqual([{ name: 'store-logs', kind: 'sink', topics: ['otlp.logs'] }]);
});

test('history goes on over a restart, without what nobody counted', () => {
  const instances = newInstances();
  const before = runOf(instances, { instance: 'before' });
  before.reports(0, { processor: { batchRecords: batchRecords(1, 1_000_000) } });
  before.reports(15, { processor: { batchRecords: batchRecords(2, 1_000_150) } });
  const after = runOf(instances, { instance: 'after' });
  after.reports(30, { processor: { batchRecords: batchRecords(0, 0) } });
  after.reports(45, { processor: { batchRecords: batchRecords(1, 300) } });
  const read = instances.history.read(series.records('store-spans'), startMs);
  expect(read.slice(0, 4)).toEqual([10, null, 20, null]);
});

test('a processor fails from when it was first heard to, until it has written a batch', () => {
  const instances = newInstances();
  const one = runOf(instances, { instance: 'one' });
  const failing = { name: 'store-logs', lastErrorAtMs: startMs + 4_000, lastBatchAtMs: startMs };
  const since = (): number | undefined => instances.all(startMs)[0]!.failingSinceMs.get('store-logs');
  one.reports(0, { processor: { ...failing, lastErrorAtMs: 0 } });
  expect(since()).toBeUndefined();
  one.reports(5, { processor: failing });
  one.reports(10, { processor: { ...failing, lastErrorAtMs: startMs + 9_000 } });
  expect(since()).toBe(startMs + 5_000);
  one.reports(15, { processor: { ...failing, lastBatchAtMs: startMs + 14_000 } });
  expect(since()).toBeUndefined();
  one.reports(20, { processor: { ...failing, lastErrorAtMs: startMs + 19_000, lastBatchAtMs: startMs + 14_000 } });
  expect(since()).toBe(startMs + 20_000);
});

test('a project is what all processes tell of it: rates of those that run, and the newest of any', () => {
  const instances = newInstances();
  const figures = (recordsPerSecond: number, newestMs: number | null, records: number) => ({
    ingest: {
      projects: [{ project: 'prj', recordsPerSecond, newestMs, rejected: [{ reason: 'id-length', records }] }],
    },
  });
  runOf(instances, { instance: 'stopped' }).reports(0, { ...figures(100, 9_000, 100), stopping: true });
  runOf(instances, { instance: 'late' }).reports(0, figures(50, 7_000, 10));
  runOf(instances, { instance: 'one' }).reports(60, figures(2, null, 3));
  runOf(instances, { instance: 'two' }).reports(60, figures(3, 8_000, 4));
  const nowMs = startMs + 60_000;
  expect(ingestOfProject(instances.all(nowMs), 'prj', nowMs)).toEqual({
    recordsPerSecond: 5,
    newestMs: 9_000,
    rejected: [{ reason: 'id-length', records: 17 }],
  });
  expect(ingestOfProject(instances.all(nowMs), 'prj_other', nowMs)).toEqual({
    recordsPerSecond: 0,
    newestMs: null,
    rejected: [],
  });
});

describe('stores', () => {
  const store = (error: string, pingMs = 1) =>
    ({ name: 'log', engine: 'Kafka', answers: error === '', pingMs, error }) as const;
  const seenFrom = (...errors: readonly string[]) =>
    storesOf(errors.map((error, i) => reportOf({ host: `host-${i}`, stores: [store(error, i)] })));

  test.each([
    [['', ''], true, ''],
    [['It is away.', 'It is away.'], false, 'It is away.'],
    [['', 'It is away.'], false, 'From host-1: It is away.'],
    [['', ...Array(5).fill('It is away.')], false, 'From host-1, host-2, host-3 and 2 more: It is away.'],
  ])('%j', (errors, answers, error) => {
    expect(seenFrom(...errors)).toEqual([{ name: 'log', engine: 'Kafka', answers, pingMs: errors.length - 1, error }]);
  });

  test('nobody asks are not told of', () => {
    expect(storesOf([reportOf({})])).toEqual([]);
  });
});

describe('nothing is accepted', () => {
  const log = (answers: boolean) => [{ name: 'log', engine: 'Kafka', answers, pingMs: 1, error: '' }] as const;
  type Run = ReturnType<typeof runOf>;
  const whyAfter = (tell: (run: (instance: string) => Run) => void, at = 20, caughtUpAt: number | undefined = 0) => {
    const instances = newInstances();
    tell((instance) => runOf(instances, { instance, host: `host-${instance}` }));
    const nowMs = startMs + at * 1000;
    const caughtUpMs = caughtUpAt === undefined ? undefined : startMs + caughtUpAt * 1000;
    return whyNotAccepting(instances.all(nowMs), caughtUpMs, nowMs);
  };
  const full = 'The disk is nearly full.';

  test.each<[string, string | null, (run: (instance: string) => Run) => void, number?, number?]>([
    ['not while a process takes data', null, (run) => run('a').reports(18, { ingest: {}, stores: log(true) })],
    ['since the disk is full', full, (run) => run('a').reports(18, { ingest: { notAccepting: full } })],
    [
      'by one of two, since its disk is full',
      `host-b: ${full}`,
      (run) => {
        run('a').reports(18, { ingest: {} });
        run('b').reports(18, { ingest: { notAccepting: full } });
      },
    ],
    [
      'since the log is away',
      'The log does not answer: senders are asked to come back later.',
      (run) => run('a').reports(18, { ingest: {}, stores: log(false) }),
    ],
    [
      'since the log takes no more',
      'Every request of the last minute was refused: the log cannot take more now.',
      (run) => {
        const a = run('a');
        a.reports(10, { ingest: { bytes: 7, refused: { unavailable: 1 } }, stores: log(true) });
        a.reports(15, { ingest: { bytes: 7, refused: { unavailable: 9 } }, stores: log(true) });
      },
    ],
    [
      'not while some of it is taken',
      null,
      (run) => {
        const a = run('a');
        a.reports(10, { ingest: { bytes: 7, refused: { unavailable: 1 } } });
        a.reports(15, { ingest: { bytes: 8, refused: { unavailable: 9 } } });
      },
    ],
    [
      'since nobody takes data in',
      'No process with the role ingest was heard of lately.',
      (run) => run('a').reports(18, { stores: log(true) }),
    ],
    ['as far as nobody can know yet', null, (run) => run('a').reports(18, { stores: log(true) }), 20, 10],
    [
      'as far as nobody can know without the log',
      'The log does not answer, so it is not known whether data is accepted.',
      (run) => run('a').reports(18, { stores: log(false) }),
    ],
    ['as far as nobody was heard of', null, () => {}, 2],
  ])('%s', (_when, sentence, tell, at, caughtUpAt) => {
    expect(whyAfter(tell, at, caughtUpAt)).toBe(sentence);
  });
});
