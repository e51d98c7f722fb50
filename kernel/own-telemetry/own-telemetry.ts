/**
 * What Syntra says of itself: traces, logs and metrics from the official SDK, appended to its own log under a project of
 * their own. They take no way over the network, and nothing that handles them is itself reported: a batch that holds
 * only our own telemetry makes no span, or one line would go round for ever.
 */
import { hostname } from 'node:os';
import { type Logger, type Meter, SeverityNumber, type Tracer } from '@opentelemetry/api';
import {
  ProtobufLogsSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Log } from '../log/log.ts';
import type { Tenant } from '../telemetry/client.ts';
import { logsTopic, metricsTopic, type ServiceSeen, servicesSeenTopic, spansTopic } from '../topics.ts';
import { exportToLog } from './export-to-log.ts';

export interface OwnTelemetry {
  readonly tracer: Tracer;
  readonly meter: Meter;
  /** Says something to the person at the terminal and to the explorer alike. */
  readonly report: Report;
  /** Writes what is still waiting. */
  close(): Promise<void>;
}

export type ReportLevel = 'debug' | 'info' | 'warn' | 'error';
export type Report = (
  level: ReportLevel,
  message: string,
  attributes?: Readonly<Record<string, string | number | boolean>>,
) => void;

export interface OwnTelemetryOptions {
  readonly log: Log;
  readonly tenant: Tenant;
  readonly retentionDays: number;
  readonly version: string;
  /** Where lines for people go. */
  readonly print: Report;
}

const metricIntervalMs = 30_000;

export const startOwnTelemetry = ({
  log,
  tenant,
  retentionDays,
  version,
  print,
}: OwnTelemetryOptions): OwnTelemetry => {
  const resource = resourceFromAttributes({
    'service.name': 'syntra',
    'service.version': version,
    'service.instance.id': `${hostname()}/${process.pid}`,
    'host.name': hostname(),
  });
  const to = { log, tenant, retentionDays };
  announce(log, tenant);
  const traces = new TracerProvider({
    resource,
    spanProcessors: [new BatchSpanProcessor({ exporter: exportToLog(to, spansTopic, ProtobufTraceSerializer) })],
  });
  const logs = new LoggerProvider({
    resource,
    processors: [new BatchLogRecordProcessor({ exporter: exportToLog(to, logsTopic, ProtobufLogsSerializer) })],
  });
  const metrics = new MeterProvider({
    resource,
    readers: [
      new PeriodicExportingMetricReader({
        exporter: exportToLog(to, metricsTopic, ProtobufMetricsSerializer),
        exportIntervalMillis: metricIntervalMs,
      }),
    ],
  });
  return {
    tracer: traces.getTracer('syntra', version),
    meter: metrics.getMeter('syntra', version),
    report: reportTo(logs.getLogger('syntra', version), print),
    async close() {
      await Promise.allSettled([traces.shutdown(), logs.shutdown(), metrics.shutdown()]);
    },
  };
};

/** Ingest announces the services it sees; what takes no way through it announces itself. */
const announce = (log: Log, { org, project }: Tenant): void => {
  const seen: ServiceSeen = { org, project, service: 'syntra', atMs: Date.now() };
  const record = { key: project, headers: {}, value: Buffer.from(JSON.stringify(seen)) };
  log.append(servicesSeenTopic.name, [record]).catch(() => {
    // It has no colour until the next start: nothing that a person would miss.
  });
};

const severities = {
  debug: SeverityNumber.DEBUG,
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
} as const;

const reportTo =
  (logger: Logger, print: Report): Report =>
  (level, message, attributes = {}) => {
    print(level, message, attributes);
    logger.emit({ severityNumber: severities[level], severityText: level, body: message, attributes });
  };
