/** As light an ingest into the Collector's tables as `light-ingest.ts` sends to ours. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Telemetry } from '../../kernel/telemetry/client.ts';

export const keepInserting = (telemetry: Pick<Telemetry, 'command'>): { stop(): Promise<void> } => {
  let stopped = false;
  const insert = async (): Promise<void> => {
    while (!stopped) {
      await telemetry.command(`INSERT INTO otel.otel_traces (Timestamp, TraceId, SpanId, SpanName, SpanKind, ServiceName, SpanAttributes, Duration)
        SELECT now64(9), lower(hex(generateUUIDv4())), '00', 'GET /live', 'Server', 'cart', map('session.id', toString(rand())), 50000000 FROM numbers(200)`);
      await telemetry.command(`INSERT INTO otel.otel_logs (Timestamp, SeverityText, SeverityNumber, ServiceName, Body, LogAttributes)
        SELECT now64(9), 'info', 9, 'cart', concat('request ', hex(rand()), ' completed'), map('order.id', toString(number)) FROM numbers(200)`);
      await sleep(1000);
    }
  };
  const inserting = insert();
  return {
    async stop() {
      stopped = true;
      await inserting;
    },
  };
};
