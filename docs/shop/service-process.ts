/** Runs one service of the shop in a process of its own, with the official auto-instrumentation loaded before it. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { FromService, ServiceDefinition, ToService } from './roster.ts';

export interface ServiceProcess {
  readonly name: string;
  /** Null for a service that nobody calls. */
  readonly url: string | null;
  tell(message: ToService): void;
  /** Lets it finish and send its last telemetry; ends it by force after `graceMs`. */
  stop(): Promise<void>;
}

const graceMs = 10_000;

/**
 * All that a user would do to instrument such a service: load the package, set variables. Metrics and batches leave
 * faster than by default (a minute, five seconds), so that there is something to look at soon.
 */
const instrumentation = (service: ServiceDefinition): Record<string, string> => ({
  OTEL_SERVICE_NAME: service.name,
  OTEL_RESOURCE_ATTRIBUTES: `service.namespace=shop,service.version=${service.version},deployment.environment.name=production`,
  OTEL_NODE_RESOURCE_DETECTORS: 'env,host,serviceinstance',
  OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'http,undici,pg,pino,runtime-node',
  OTEL_TRACES_EXPORTER: 'otlp',

  OTEL_METRICS_EXPORTER: 'otlp',
  OTEL_LOGS_EXPORTER: 'otlp',
  OTEL_BSP_SCHEDULE_DELAY: '1000',
  OTEL_BLRP_SCHEDULE_DELAY: '1000',
  OTEL_METRIC_EXPORT_INTERVAL: '5000',
  OTEL_METRIC_EXPORT_TIMEOUT: '5000',
});

/** Resolves once the service answers. `variables` say where its database is and where telemetry goes. */
export const startService = async (
  service: ServiceDefinition,
  variables: Readonly<Record<string, string>>,
): Promise<ServiceProcess> => {
  const child = fork(fileURLToPath(new URL(service.module, import.meta.url)), {
    execArgv: ['--import', '@opentelemetry/auto-instrumentations-node/register'],
    cwd: import.meta.dirname,
    env: { ...instrumentation(service), ...variables },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    // Out of the terminal's group: Ctrl-C is for the shop, which decides the order in which all leave.
    detached: true,
  });
  const exited = once(child, 'exit').then(([code, signal]) => `${service.name} ended: ${signal ?? code}`);
  const ready = once(child, 'message').then(([message]) => message as FromService);
  const first = await Promise.race([ready, exited]);
  if (typeof first === 'string') throw new Error(`${first} before it was ready; its output says why`);
  return {
    name: service.name,
    url: first.url,
    tell: (message) => void (child.connected && child.send(message)),
    stop: () => stop(child, exited),
  };
};

const stop = async (child: ChildProcess, exited: Promise<unknown>): Promise<void> => {
  if (child.connected) child.send({ kind: 'stop' } satisfies ToService);
  const force = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await exited;
  clearTimeout(force);
};
