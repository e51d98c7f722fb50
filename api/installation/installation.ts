/** Projects, what a newcomer needs to send the first span, and what arrives now. */
import type { Log } from '../../kernel/log/log.ts';
import type { Telemetry, Tenant } from '../../kernel/telemetry/client.ts';
import { signal } from '../contract/values.ts';
import type { Handler } from '../handler.ts';
import type { Projects } from '../tenancy.ts';
import { newestRecord } from './arrivals.ts';
import { readBacklog, type SinkGroup } from './backlog.ts';

/** The way in, as far as the API shows it. */
export interface IngestView {
  readonly otlpHttpUrl: string;
  readonly otlpGrpcUrl: string;
  /** True while data without a key is accepted from this machine. */
  readonly keyOptional: boolean;
  /** What was taken and refused since the start. */
  ofProject(project: string): {
    readonly recordsPerSecond: number;
    /** Arrival of the newest record, Unix milliseconds. */
    readonly newestMs: number | null;
    readonly rejected: readonly { readonly reason: string; readonly records: number }[];
  };
}

export const listProjects =
  (projects: Projects): Handler<'listProjects'> =>
  async () => ({ projects: (await projects.list()).map(({ id, org, name }) => ({ id, org, name })) });

export const getSetup =
  (telemetry: Telemetry, projects: Projects, ingest: IngestView, now: () => number): Handler<'getSetup'> =>
  async ({ projectId }, { tenant }) => {
    const nowMs = now();
    const [ingestKey, spans, logs, metrics] = await Promise.all([
      projects.ingestKey(projectId),
      newestRecord(telemetry, tenant, 'spans', nowMs),
      newestRecord(telemetry, tenant, 'logs', nowMs),
      newestRecord(telemetry, tenant, 'metrics', nowMs),
    ]);
    const { otlpHttpUrl, otlpGrpcUrl, keyOptional } = ingest;
    return { ingestKey: ingestKey ?? null, keyOptional, otlpHttpUrl, otlpGrpcUrl, newest: { spans, logs, metrics } };
  };

export const getIngestHealth =
  (
    telemetry: Telemetry,
    log: Log,
    sinks: readonly SinkGroup[],
    ingest: IngestView,
    now: () => number,
  ): Handler<'getIngestHealth'> =>
  async (_input, { tenant }) => {
    const { recordsPerSecond, newestMs, rejected } = ingest.ofProject(tenant.project);
    const [backlog, newestEventMs] = await Promise.all([
      readBacklog(log, sinks, tenant),
      // Ingest counts from its own start on: what came before is in the store.
      newestMs ?? newestOfAll(telemetry, tenant, now()),
    ]);
    return { recordsPerSecond, newestEventMs, backlog, rejected: [...rejected] };
  };

const newestOfAll = async (telemetry: Telemetry, tenant: Tenant, nowMs: number): Promise<number | null> => {
  const newest = await Promise.all(signal.options.map((each) => newestRecord(telemetry, tenant, each, nowMs)));
  const found = newest.filter((ms) => ms !== null);
  return found.length > 0 ? Math.max(...found) : null;
};
