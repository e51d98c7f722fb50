/** Processes for tests: what each reported, at which seconds. */
import type { IngestReport, InstanceReport, ProcessorReport } from '../../kernel/reports/instance-report.ts';
import { reportOf, type TestReport } from '../../kernel/reports/test-reports.ts';
import { type Instances, rememberInstances } from './instances.ts';

export const startMs = 1_800_000_000_000;

/** Hears reports of one run of a process, numbered as they come; `at` is in seconds. */
export const runOf = (instances: Instances, given: TestReport) => {
  let sequence = 0;
  return {
    reports(
      at: number,
      {
        processor,
        ingest,
        ...more
      }: Omit<TestReport, 'ingest' | 'processors'> & {
        readonly processor?: Partial<ProcessorReport>;
        readonly ingest?: Partial<IngestReport>;
      } = {},
    ): InstanceReport {
      const report = reportOf({
        ...given,
        ...more,
        sequence: ++sequence,
        ...(processor && { processors: [processor] }),
        ...(ingest && { ingest }),
      });
      instances.hear(report, startMs + at * 1000);
      return report;
    },
  };
};

export const newInstances = rememberInstances;

/** Records of batches, all of them counted in one range. */
export const batchRecords = (batches: number, records: number) => ({
  bounds: [10, 100],
  counts: [0, batches, 0],
  sum: records,
});
