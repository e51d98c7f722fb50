import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { encodeMetrics } from '../kernel/otlp/proof/reference.ts';
import { openEmbeddedTelemetry } from '../kernel/telemetry/embedded.ts';
import { migrateTelemetry } from '../kernel/telemetry/migrate.ts';
import { otlpHeaders } from '../kernel/topics.ts';
import { storeMetrics } from './store-metrics.ts';

test('points become series, samples and distributions, once', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'syntra-store-metrics-'));
  const telemetry = await openEmbeddedTelemetry({ directory });
  onTestFinished(async () => {
    await telemetry.close();
    await rm(directory, { recursive: true, force: true });
  });
  await migrateTelemetry(telemetry);

  const route = (stringValue: string) => [{ key: 'http.route', value: { stringValue } }];
  const at = (second: number) => String(1_763_629_200_000_000_000n + BigInt(second) * 1_000_000_000n);
  const metrics = [
    {
      name: 'requests',
      sum: {
        aggregationTemporality: 2,
        isMonotonic: true,
        dataPoints: [
          { attributes: route('/a'), timeUnixNano: at(0), asInt: '9007199254740993' },
          { attributes: route('/a'), timeUnixNano: at(1), asInt: 7 },
          { attributes: route('/b'), timeUnixNano: at(0), asInt: 8 },
        ],
      },
    },
    { name: 'load', gauge: { dataPoints: [{ timeUnixNano: at(0), asDouble: 0.5 }] } },
    {
      name: 'latency',
      histogram: { dataPoints: [{ timeUnixNano: at(0), count: 3, bucketCounts: [1, 2], explicitBounds: [5] }] },
    },
  ];
  const headers = {
    [otlpHeaders.org]: 'org_default',
    [otlpHeaders.project]: 'prj_default',
    [otlpHeaders.receivedAt]: String(Date.now()),
    [otlpHeaders.retentionDays]: '30',
    [otlpHeaders.encoding]: 'identity',
  };
  const value = encodeMetrics({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] });
  const batch = {
    ...{ token: 'batch', topic: 'otlp.metrics', partition: 0 },
    records: [{ offset: 1, key: '', timestampMs: 0, headers, value }],
  };
  expect(await storeMetrics(telemetry).write(batch)).toEqual([]);
  expect(await storeMetrics(telemetry).write(batch)).toEqual([]);

  const series = await telemetry.inspect(
    `SELECT metric, any(attributes['http.route']) AS route, toUInt32(sum(points)) AS points FROM metric_series
    GROUP BY metric, series ORDER BY metric, route`,
  );
  expect(series).toEqual([
    { metric: 'latency', route: '', points: 1 },
    { metric: 'load', route: '', points: 1 },
    { metric: 'requests', route: '/a', points: 2 },
    { metric: 'requests', route: '/b', points: 1 },
  ]);
  const samples = await telemetry.inspect(
    'SELECT metric, value, toString(value_int) AS int FROM metric_samples ORDER BY value',
  );
  expect(samples).toEqual([
    { metric: 'load', value: 0.5, int: '0' },
    { metric: 'requests', value: 7, int: '7' },
    { metric: 'requests', value: 8, int: '8' },
    { metric: 'requests', value: 9007199254740992, int: '9007199254740993' },
  ]);
  const distributions = await telemetry.inspect(
    'SELECT metric, toUInt32(count) AS count, bounds, arrayMap(n -> toUInt32(n), bucket_counts) AS counts FROM metric_distributions',
  );
  expect(distributions).toEqual([{ metric: 'latency', count: 3, bounds: [5], counts: [1, 2] }]);
});
