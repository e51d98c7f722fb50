/** Records that ingest has taken and no sink has stored yet. */
import type { Log, PartitionLag } from '../../kernel/log/log.ts';
import type { Tenant } from '../../kernel/telemetry/client.ts';
import { otlpHeaders } from '../../kernel/topics.ts';

/** A sink's consumer group, and the topic it reads. */
export interface SinkGroup {
  readonly group: string;
  readonly topic: string;
}

/** Records of the log that are looked at; what lies beyond is taken to be like them. */
const sampleLimits = { maxRecords: 50, maxBytes: 2 ** 20 };

/** Records of one tenant: exact while little waits, from a sample of what waits longest where it is much. */
export const readBacklog = async (log: Log, sinks: readonly SinkGroup[], tenant: Tenant): Promise<number> => {
  const lags = await Promise.all(sinks.map(({ group, topic }) => log.lagOf(group, [topic])));
  const waiting = await Promise.all(lags.flat().map((lag) => (lag.lag === 0 ? 0 : countWaiting(log, lag, tenant))));
  return waiting.reduce((sum, records) => sum + records, 0);
};

const countWaiting = async (
  log: Log,
  { topic, partition, committedOffset, lag }: PartitionLag,
  { org, project }: Tenant,
): Promise<number> => {
  const tail = await log.tail(topic, partition, committedOffset);
  const sample = await tail.next(sampleLimits);
  if (sample.length === 0) return 0;
  const records = sample
    .filter(({ headers }) => headers[otlpHeaders.org] === org && headers[otlpHeaders.project] === project)
    .reduce((sum, { headers }) => sum + Number(headers[otlpHeaders.records] ?? 0), 0);
  return Math.round((records * Math.max(lag, sample.length)) / sample.length);
};
