/** Projects, what a newcomer needs to send the first span, and what arrives now. */
import type { Log } from '../../kernel/log/log.ts';
import type { Telemetry, Tenant } from '../../kernel/telemetry/client.ts';
import { signal } from '../contract/values.ts';
import type { Handler } from '../handler.ts';
import { ingestOfProject } from '../pipeline/of-project.ts';
import type { PipelineWatch } from '../pipeline/watch-pipeline.ts';
import type { Projects } from '../tenancy.ts';
import { newestRecord } from './arrivals.ts';
import { readBacklog } from './backlog.ts';

/** The way in, as far as the API shows it. */
export interface IngestView {
  readonly otlpHttpUrl: string;
  readonly otlpGrpcUrl: string;
  /** True while data without a key is accepted from this machine. */
  readonly keyOptional: boolean;
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
    pipeline: Pick<PipelineWatch, 'instances' | 'sinks'>,
    now: () => number,
  ): Handler<'getIngestHealth'> =>
  async (_input, { tenant }) => {
    const nowMs = now();
    const { recordsPerSecond, newestMs, rejected } = ingestOfProject(pipeline.instances(), tenant.project, nowMs);
    const [backlog, newestEventMs] = await Promise.all([
      readBacklog(log, pipeline.sinks(), tenant),
      // Reports tell of those that sent lately: what came before is in the store.
      newestMs ?? newestOfAll(telemetry, tenant, nowMs),
    ]);
    return { recordsPerSecond, newestEventMs, backlog, rejected: [...rejected] };
  };

const newestOfAll = async (telemetry: Telemetry, tenant: Tenant, nowMs: number): Promise<number | null> => {
  const newest = await Promise.all(signal.options.map((each) => newestRecord(telemetry, tenant, each, nowMs)));
  const found = newest.filter((ms) => ms !== null);
  return found.length > 0 ? Math.max(...found) : null;
};
