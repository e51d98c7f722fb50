/**
 * What both transports do with a request once they have its bytes: read, check, save what is good of it, compress, append.
 * Resolves when the log has it on disk; what happens to it from there is no concern of the sender.
 */
import { freeBytes } from '../kernel/free-bytes.ts';
import { type Log, LogFullError } from '../kernel/log/log.ts';
import { check, MalformedError } from '../kernel/otlp/check/check.ts';
import type { Rejections } from '../kernel/otlp/check/rejections.ts';
import { salvage } from '../kernel/otlp/check/salvage.ts';
import { readJson } from '../kernel/otlp/json/json.ts';
import type { Signal } from '../kernel/otlp/messages.ts';
import { TooLargeError } from '../kernel/otlp/protobuf-writer.ts';
import { contentBytes } from '../kernel/otlp/unpack.ts';
import { reached } from '../kernel/steps.ts';
import { logsTopic, metricsTopic, spansTopic, type TopicDefinition, zstdRequestHeaders } from '../kernel/topics.ts';
import type { Tenant } from './authenticate.ts';
import { compress } from './compress.ts';
import type { IngestCounting } from './counters.ts';
import { RefusedError } from './refusal.ts';
import type { AnnounceServices } from './services-seen.ts';
import type { Accepted } from './status.ts';

export type Format = 'protobuf' | 'json';

/**
 * @param zstd the same body as it came, when it came as zstd
 * @throws RefusedError
 */
export type Accept = (tenant: Tenant, signal: Signal, format: Format, body: Buffer, zstd?: Buffer) => Promise<Accepted>;

export interface AcceptOptions {
  readonly log: Pick<Log, 'append'>;
  readonly announce: AnnounceServices;
  readonly counting: IngestCounting;
  readonly maxRequestBytes: number;
  /** Unix milliseconds. */
  readonly now: () => number;
}

export const acceptInto =
  ({ log, announce, counting, maxRequestBytes, now }: AcceptOptions): Accept =>
  async (tenant, signal, format, body, zstd) => {
    const receivedAtMs = now();
    const { bytes, records, rejections, services } = read(signal, format, body, maxRequestBytes, receivedAtMs);
    reached('ingest: request read');
    const rejected = rejections.count;
    const message = rejected > 0 ? rejections.message(signal) : '';
    if (records === 0) {
      // Partial success is for requests of which a part was taken.
      counting.countRejected(tenant.project, signal, rejections.byReason);
      if (rejected > 0) throw new RefusedError('malformed', message);
      return { rejected, message };
    }
    const headers = zstdRequestHeaders({ ...tenant, receivedAtMs, records });
    const isAsItCame = bytes === body && zstd !== undefined && isGoodFrame(zstd, body);
    const value = isAsItCame ? zstd : await compress(bytes);
    try {
      await log.append(topicOf[signal].name, [{ key: '', headers, value }]);
    } catch (error) {
      // Whatever keeps the log from taking it, the sender still has the data and can come back with it.
      const why = error instanceof LogFullError ? error.message : 'The log cannot be written.';
      throw new RefusedError('unavailable', `The data could not be stored. ${why}`, { cause: error });
    }
    if (!isAsItCame) freeBytes(value);
    reached('ingest: appended');
    // only now: what could not be stored comes again, with the same faults
    counting.countRejected(tenant.project, signal, rejections.byReason);
    counting.countAccepted(tenant.project, signal, records, bytes.length);
    await announce(tenant, services, receivedAtMs);
    return { rejected, message };
  };

/**
 * Whether this is what we would make of the body ourselves, or nearly: one frame, which says how much it holds, so that
 * all who read it make room at once, and is not much larger than need be.
 */
const isGoodFrame = (zstd: Buffer, body: Buffer): boolean =>
  contentBytes(zstd) === body.length && zstd.length * leastRatio <= body.length;

const leastRatio = 4;

const topicOf: Readonly<Record<Signal, TopicDefinition>> = {
  traces: spansTopic,
  logs: logsTopic,
  metrics: metricsTopic,
};

interface Readable {
  /** Protobuf without bad records: the sender's own bytes whenever there are none. */
  readonly bytes: Uint8Array;
  readonly records: number;
  readonly rejections: Rejections;
  readonly services: readonly string[];
}

const read = (signal: Signal, format: Format, body: Buffer, maxBytes: number, nowMs: number): Readable => {
  try {
    const json = format === 'json' ? readJson(body, signal, maxBytes) : undefined;
    const bytes = json ? json.bytes : body;
    const { records, rejections, bad, services } = check(bytes, signal, nowMs);
    if (json) rejections.addAll(json.rejections);
    return { bytes: bad ? salvage(bytes, signal, bad) : bytes, records, rejections, services };
  } catch (error) {
    if (error instanceof MalformedError) throw new RefusedError('malformed', error.message, { field: error.path });
    if (error instanceof TooLargeError) throw new RefusedError('too-large', error.message);
    throw error;
  }
};
