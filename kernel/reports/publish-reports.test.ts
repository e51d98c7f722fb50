import { expect, onTestFinished, test, vi } from 'vitest';
import type { NewRecord } from '../log/log.ts';
import { instanceReportsTopic } from '../topics.ts';
import type { IngestReport } from './instance-report.ts';
import { parseReport } from './parse-report.ts';
import { type ReportsOptions, startReports, withinLimits } from './publish-reports.ts';
import { distributionOf, reportOf } from './test-reports.ts';

const { processors } = reportOf({ processors: [{ name: 'store-spans', batchMs: distributionOf([1, 2], [3, 4, 0]) }] });

const start = (append: (record: NewRecord) => Promise<void>, options: Partial<ReportsOptions> = {}) => {
  const reports = startReports({
    log: {
      append: async (topic, records) => {
        expect(topic).toBe(instanceReportsTopic.name);
        await append(records[0]!);
      },
      lagOf: async () => [],
    },
    roles: ['processors'],
    version: '1.2.3',
    processors: () => processors.map((report) => ({ report: () => report })),
    ingest: () => null,
    disk: () => null,
    stores: () => [],
    intervalMs: 10,
    stopWithinMs: 50,
    ...options,
  });
  onTestFinished(() => reports.stop());
  return reports;
};

test('publishes what this process does, again and again, and at last that it stops', async () => {
  const taken: NewRecord[] = [];
  const reports = start(async (record) => void taken.push(record));
  await vi.waitFor(() => expect(taken.length).toBeGreaterThan(2));
  await reports.stop();
  const read = taken.map(({ key, value }) => ({ key, report: parseReport(value)! }));
  expect(read[0]!.report).toMatchObject({ roles: ['processors'], version: '1.2.3', pid: process.pid, processors });
  expect(new Set(read.flatMap(({ key, report }) => [key, report.instance]))).toEqual(new Set([reports.instance]));
  expect(read.map(({ report }) => report.stopping)).toEqual([...read.slice(1).map(() => false), true]);
  const sequence = read.map(({ report }) => report.sequence);
  expect(sequence).toEqual([...new Set(sequence)].sort((a, b) => a - b));
});

test('lets nothing gather while the log is away, still knows the newest, and ends', async () => {
  let appends = 0;
  const reports = start(() => {
    appends++;
    return new Promise(() => {});
  });
  const first = await reports.latest();
  await vi.waitFor(async () => expect((await reports.latest()).sequence).toBeGreaterThan(first.sequence + 3));
  expect(appends).toBe(1);
  await reports.stop();
});

test('goes on after a source has failed, and tells of that once', async () => {
  const taken: NewRecord[] = [];
  const faults: unknown[] = [];
  let failures = 3;
  start(async (record) => void taken.push(record), {
    disk: () => {
      if (failures-- > 0) throw new Error('no such disk');
      return null;
    },
    onFault: (error) => faults.push(error),
  });
  await vi.waitFor(() => expect(taken.length).toBeGreaterThan(1));
  expect(faults).toEqual([new Error('no such disk')]);
});

test('is small however many projects and reasons there are, and keeps the first of them', () => {
  const projects: IngestReport['projects'] = Array.from({ length: 20_000 }, (_, i) => ({
    project: `prj_${i}`,
    recordsPerSecond: 1,
    newestMs: 1,
    rejected: [{ reason: 'x'.repeat(500), records: 1 }],
  }));
  const rejected = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`${'r'.repeat(500)}${i}`, i]));
  const report = reportOf({ ingest: { rejected, projects } });
  const small = withinLimits(report);
  expect(Buffer.byteLength(JSON.stringify(small))).toBeLessThanOrEqual(256 * 1024);
  expect(small.ingest!.projects.length).toBeGreaterThan(200);
  expect(small.ingest!.projects[0]).toEqual(projects[0]);
  const many = projects.map((project) => ({ ...project, rejected: [] }));
  expect(withinLimits(reportOf({ ingest: { projects: many } })).ingest!.projects).toHaveLength(1_000);
});
