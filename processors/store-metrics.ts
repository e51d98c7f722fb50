/** Stores data points: from `otlp.metrics` to the table `metric_points`. */
import { metricsTranscoder } from '../kernel/otlp/rows/metrics-rows.ts';
import { type OnCut, storeLimits, storeRequests } from '../kernel/otlp/rows/store-requests.ts';
import { defineSink, type Sink } from '../kernel/processor.ts';
import type { Telemetry } from '../kernel/telemetry/client.ts';
import { metricsTopic } from '../kernel/topics.ts';

export const storeMetrics = (telemetry: Telemetry, onCut?: OnCut): Sink =>
  defineSink({
    name: 'store-metrics',
    reads: metricsTopic,
    limits: storeLimits,
    rows: { table: 'metric_points' },
    write: storeRequests(telemetry, metricsTranscoder(), onCut),
    makesRowsAhead: true,
  });
