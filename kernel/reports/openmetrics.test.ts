import { expect, test } from 'vitest';
import { type MetricFamily, writeMetrics } from './openmetrics.ts';
import { metricsOf } from './report-metrics.ts';
import { distributionOf, reportOf } from './test-reports.ts';

const families: readonly MetricFamily[] = [
  {
    name: 'a_bytes',
    type: 'counter',
    unit: 'bytes',
    help: 'Says "so" \\ and\nso.',
    metrics: [{ labels: {}, value: 7 }],
  },
  { name: 'b', type: 'info', help: 'B.', metrics: [{ labels: { why: 'a "b" \\ c\nd' }, value: 1 }] },
  {
    name: 'c_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'C.',
    metrics: [
      { labels: { of: 'x' }, value: { bounds: [0.00005, 0.25, 1, 4194304], counts: [1, 0, 2, 3, 4], sum: 9.5 } },
    ],
  },
  { name: 'empty', type: 'gauge', help: 'Nothing.', metrics: [] },
];

test('OpenMetrics has units, counters by their family, canonical bounds and an end', () => {
  expect(writeMetrics(families, 'openmetrics')).toBe(`# TYPE a_bytes counter
# UNIT a_bytes bytes
# HELP a_bytes Says \\"so\\" \\\\ and\\nso.
a_bytes_total 7.0
# TYPE b info
# HELP b B.
b_info{why="a \\"b\\" \\\\ c\\nd"} 1.0
# TYPE c_seconds histogram
# UNIT c_seconds seconds
# HELP c_seconds C.
c_seconds_bucket{of="x",le="5e-05"} 1
c_seconds_bucket{of="x",le="0.25"} 1
c_seconds_bucket{of="x",le="1.0"} 3
c_seconds_bucket{of="x",le="4.194304e+06"} 6
c_seconds_bucket{of="x",le="+Inf"} 10
c_seconds_count{of="x"} 10
c_seconds_sum{of="x"} 9.5
# EOF
`);
});

test('the older format names families as their samples, and knows no infos and no end', () => {
  const text = writeMetrics(families.slice(0, 2), 'prometheus');
  expect(text).toBe(`# TYPE a_bytes_total counter
# HELP a_bytes_total Says "so" \\\\ and\\nso.
a_bytes_total 7.0
# TYPE b_info gauge
# HELP b_info B.
b_info{why="a \\"b\\" \\\\ c\\nd"} 1.0
`);
});

test('a report says all it holds', () => {
  const report = reportOf({
    disk: { totalBytes: 1000, freeBytes: 500, reserveBytes: 50 },
    stores: [{ name: 'log', engine: 'Kafka', answers: false, pingMs: 2000, error: 'Nothing listens at its address.' }],
    processors: [
      {
        kept: 5,
        dropped: { expired: 2 },
        deadLettered: { 'cannot be read': 1 },
        batchMs: distributionOf([8], [3, 1], 40),
      },
    ],
    ingest: { accepted: { traces: 3, logs: 2, metrics: 1 }, rejected: { 'id-length': 4 }, refused: { unavailable: 6 } },
  });
  const lag = { topic: 'otlp.spans', partition: 3, committedOffset: 1, endOffset: 8, lag: 7 };
  const lines = writeMetrics(metricsOf(report, new Map([['store-spans', [lag]]])), 'openmetrics').split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      'syntra_instance_info{instance_id="one",host="host-one",version="0.0.0",roles="ingest processors api"} 1.0',
      'process_cpu_seconds_total 1.0',
      'syntra_store_up{store="log",engine="Kafka"} 0.0',
      'syntra_store_ping_seconds{store="log",engine="Kafka"} 2.0',
      'syntra_disk_free_bytes 500.0',
      'syntra_processor_records_total{processor="store-spans",outcome="kept"} 5.0',
      'syntra_processor_records_total{processor="store-spans",outcome="dropped",reason="expired"} 2.0',
      'syntra_processor_records_total{processor="store-spans",outcome="dead_lettered",reason="cannot be read"} 1.0',
      'syntra_processor_batch_seconds_bucket{processor="store-spans",le="0.008"} 3',
      'syntra_processor_batch_seconds_sum{processor="store-spans"} 0.04',
      'syntra_processor_lag_records{processor="store-spans",topic="otlp.spans",partition="3"} 7.0',
      'syntra_ingest_accepted_records_total{signal="logs"} 2.0',
      'syntra_ingest_rejected_records_total{reason="id-length"} 4.0',
      'syntra_ingest_refused_requests_total{reason="unavailable"} 6.0',
    ]),
  );
});
