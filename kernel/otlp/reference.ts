/**
 * The messages of opentelemetry-proto through a decoder that is not ours: what tests check ours against, and what
 * benchmarks make their payloads with. Never part of the product.
 */
import { join } from 'node:path';
import protobuf from 'protobufjs';

const fixtures = join(import.meta.dirname, 'fixtures');
const root = new protobuf.Root();
root.resolvePath = (_origin, target) => join(fixtures, target);
root.loadSync(
  ['trace/v1/trace_service', 'logs/v1/logs_service', 'metrics/v1/metrics_service'].map(
    (name) => `opentelemetry/proto/collector/${name}.proto`,
  ),
);

export const traceRequest = root.lookupType('opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest');
export const logsRequest = root.lookupType('opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest');
export const metricsRequest = root.lookupType('opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest');
