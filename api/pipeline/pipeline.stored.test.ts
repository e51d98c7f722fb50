import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openEmbeddedLog } from '../../kernel/log/embedded.ts';
import type { Log } from '../../kernel/log/log.ts';
import type { InstanceReport } from '../../kernel/reports/instance-report.ts';
import { type Reports, type ReportsOptions, startReports } from '../../kernel/reports/publish-reports.ts';
import { reportOf } from '../../kernel/reports/test-reports.ts';
import { instanceReportsTopic, spansTopic } from '../../kernel/topics.ts';
import { type Pipeline, pipeline } from '../contract/pipeline.ts';
import { buildTestServer } from '../test-server.ts';
import { historyStepMs } from './history.ts';
import { series } from './instances.ts';
import { getPipeline } from './pipeline.ts';
import { type PipelineSources, type PipelineWatch, watchPipeline } from './watch-pipeline.ts';

let directory: string;
let log: Log;
let ends: (() => Promise<unknown>)[];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'syntra-pipeline-'));
  log = await openEmbeddedLog({ directory });
  ends = [];
});
afterEach(async () => {
  for (const end of ends.reverse()) await end();
  await log.close();
  await rm(directory, { recursive: true });
});

const ownReport: InstanceReport = reportOf({ instance: 'own', host: 'host-own', roles: ['api'] });

/** The API of a process that reports `ownReport`. */
const watch = async (sources: Partial<PipelineSources> = {}): Promise<{ watch: PipelineWatch; read: Read }> => {
  const watching = watchPipeline({
    log,
    latest: async () => ownReport,
    countOpenDeadLetters: async () => 3,
    now: Date.now,
    ...sources,
  });
  const app: FastifyInstance = await buildTestServer({ handlers: { getPipeline: getPipeline(watching, Date.now) } });
  ends.push(() => watching.close());
  ends.push(() => app.close());
  const read: Read = async () => {
    const answer = await app.inject('/api/v1/pipeline');
    expect(answer.statusCode, answer.body).toBe(200);
    return pipeline.parse(answer.json().data);
  };
  return { watch: watching, read };
};
type Read = () => Promise<Pipeline>;

/** Another process, which reports ten times faster than usual. */
const otherProcess = (options: Partial<ReportsOptions>): Reports => {
  const reports = startReports({
    log,
    roles: ['ingest', 'processors'],
    version: '1.2.3',
    processors: () => [],
    ingest: () => null,
    disk: () => null,
    stores: () => [],
    intervalMs: 50,
    ...options,
  });
  ends.push(() => reports.stop());
  return reports;
};

test('the pipeline is what other processes do, run and reach, and stops being it when they stop', async () => {
  let kept = 0;
  const started = performance.now();
  const reports = otherProcess({
    processors: () => {
      kept = Math.floor(performance.now() - started);
      const batchRecords = { bounds: [10, 100], counts: [0, kept, 0], sum: kept };
      return reportOf({
        processors: [
          { kept, batchRecords, lastErrorAtMs: 5, lastError: 'the store is away', failures: 2, dropped: { old: 1 } },
        ],
      }).processors.map((report) => ({ report: () => report }));
    },
    ingest: () => reportOf({ ingest: { accepted: { traces: kept, logs: 0, metrics: 0 }, inFlightBytes: 9 } }).ingest,
    disk: () => ({ totalBytes: 100, freeBytes: 50, reserveBytes: 5 }),
    stores: () => [{ name: 'log', engine: 'SQLite', ping: () => log.ping() }],
  });
  const { read } = await watch();
  await vi.waitFor(async () => expect((await read()).processors[0]?.recordsPerSecond).toBeGreaterThan(0), {
    timeout: 10_000,
  });
  const seen = await read();
  expect(seen).toMatchObject({
    notAccepting: null,
    openDeadLetters: 3,
    stores: [{ name: 'log', engine: 'SQLite', answers: true, error: '' }],
    disks: [{ totalBytes: 100, freeBytes: 50, reserveBytes: 5 }],
    historyStepMs: 15_000,
  });
  expect(seen.instances.map(({ instance, state }) => [instance, state])).toEqual([
    ['own', 'running'],
    [reports.instance, 'running'],
  ]);
  const [processor] = seen.processors;
  expect(processor).toMatchObject({
    name: 'store-spans',
    kind: 'sink',
    topics: ['otlp.spans'],
    dropped: [{ reason: 'old', records: 1 }],
    failures: 2,
    lastError: 'the store is away',
    failing: true,
    failingSinceMs: expect.any(Number),
  });
  expect(processor!.batchRecords!.p50).toBe(55);
  expect(seen.ingest.recordsPerSecond.traces).toBeGreaterThan(0);
  expect(seen.ingest.inFlightBytes).toBe(9);
  expect(processor!.history.recordsPerSecond).toHaveLength(60);

  await reports.stop();
  await vi.waitFor(async () =>
    expect((await read()).instances.find(({ instance }) => instance === reports.instance)?.state).toBe('stopped'),
  );
  expect((await read()).processors).toMatchObject([{ name: 'store-spans', recordsPerSecond: 0, kept: 0 }]);
});

test('lag is what the log says, for every processor that was heard of', async () => {
  const record = { key: '', headers: {}, value: new Uint8Array(1) };
  await log.append(spansTopic.name, [record, record, record]);
  const own = reportOf({ ...ownReport, processors: [{ name: 'store-spans', topics: [spansTopic.name] }] });
  const { watch: watching, read } = await watch({ latest: async () => own });
  await vi.waitFor(async () =>
    expect((await read()).processors).toMatchObject([
      {
        name: 'store-spans',
        lag: 3,
        partitions: [{ topic: 'otlp.spans', partition: 0, lag: 3 }],
      },
    ]),
  );
  expect(watching.sinks()).toEqual([{ group: 'store-spans', topic: 'otlp.spans' }]);
  const lately = Math.floor(Date.now() / historyStepMs - 1) * historyStepMs;
  expect(watching.history.read(series.lag('store-spans'), lately)).toContain(3);
});

test('knows, when it starts, who reported in the last quarter of an hour', async () => {
  const append = (report: InstanceReport): Promise<void> =>
    log.append(instanceReportsTopic.name, [
      { key: report.instance, headers: {}, value: Buffer.from(JSON.stringify(report)) },
    ]);
  await append(reportOf({ instance: 'one', sequence: 1 }));
  await append(reportOf({ instance: 'one', sequence: 2, version: '9.9.9' }));
  await log.append(instanceReportsTopic.name, [
    { key: 'x', headers: {}, value: Buffer.from('{"of":"another version"}') },
  ]);
  await append(reportOf({ instance: 'two' }));
  const { read } = await watch();
  await vi.waitFor(async () =>
    expect((await read()).instances.map(({ instance, version }) => [instance, version])).toEqual([
      ['one', '9.9.9'],
      ['own', '0.0.0'],
      ['two', '0.0.0'],
    ]),
  );
});

test('tells what it knows while everything else is away, and goes on when the log is back', async () => {
  let isAway = true;
  const away = <Result>(call: () => Promise<Result>): Promise<Result> =>
    isAway ? Promise.reject(new Error('the log is away')) : call();
  const flaky: Log = {
    ...log,
    tail: (...args) => away(() => log.tail(...args)),
    offsetAt: (...args) => away(() => log.offsetAt(...args)),
    lagOf: (...args) => away(() => log.lagOf(...args)),
  };
  const stores = [{ name: 'log', engine: 'Kafka', answers: false, pingMs: 2000, error: 'It ended the connection.' }];
  const own = reportOf({ ...ownReport, stores: stores as InstanceReport['stores'], processors: [{ kept: 5 }] });
  const { read } = await watch({
    log: flaky,
    latest: async () => own,
    countOpenDeadLetters: () => Promise.reject(new Error('the state store is away')),
  });
  await vi.waitFor(async () =>
    expect(await read()).toMatchObject({
      notAccepting: 'The log does not answer, so it is not known whether data is accepted.',
      stores,
      openDeadLetters: null,
      processors: [{ kept: 5, lag: null, partitions: [] }],
      instances: [{ instance: 'own', state: 'running' }],
    }),
  );
  const other = otherProcess({});
  isAway = false;
  await vi.waitFor(
    async () => expect((await read()).instances.map(({ instance }) => instance)).toContain(other.instance),
    { timeout: 10_000 },
  );
});
