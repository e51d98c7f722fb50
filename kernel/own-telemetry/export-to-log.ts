/** An exporter of the OpenTelemetry SDK whose other end is our own log. */
import { promisify } from 'node:util';
import { zstdCompress } from 'node:zlib';
import type { Log } from '../log/log.ts';
import type { Tenant } from '../telemetry/client.ts';
import { type TopicDefinition, zstdRequestHeaders } from '../topics.ts';

const compress = promisify(zstdCompress);

export interface Destination {
  readonly log: Log;
  readonly tenant: Tenant;
  readonly retentionDays: number;
}

/** What the SDK's exporters of all three signals have in common (its `ExportResultCode`: 0 success, 1 failure). */
export interface LogExporter<Items> {
  export(items: Items, done: (result: { code: 0 | 1; error?: Error }) => void): void;
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

export const exportToLog = <Items>(
  { log, tenant, retentionDays }: Destination,
  topic: TopicDefinition,
  serializer: { serializeRequest(items: Items): Uint8Array | undefined },
): LogExporter<Items> => {
  const waiting = new Set<Promise<void>>();
  const write = async (request: Uint8Array, count: number): Promise<void> => {
    const headers = zstdRequestHeaders({ ...tenant, receivedAtMs: Date.now(), retentionDays, records: count });
    await log.append(topic.name, [{ key: '', headers, value: await compress(request) }]);
  };
  const flush = async (): Promise<void> => {
    await Promise.allSettled(waiting);
  };
  return {
    export(items, done) {
      const request = serializer.serializeRequest(items);
      if (request === undefined) return done({ code: 0 });
      const written = write(request, Array.isArray(items) ? items.length : 1)
        .then(() => done({ code: 0 }))
        .catch((error: Error) => done({ code: 1, error }))
        .finally(() => waiting.delete(written));
      waiting.add(written);
    },
    forceFlush: flush,
    shutdown: flush,
  };
};
