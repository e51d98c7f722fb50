/** Stores log records: from `otlp.logs` to the table `logs`. */
import { logsTranscoder } from '../kernel/otlp/rows/logs-rows.ts';
import { type OnCut, storeLimits, storeRequests } from '../kernel/otlp/rows/store-requests.ts';
import { defineSink, type Sink } from '../kernel/processor.ts';
import type { Telemetry } from '../kernel/telemetry/client.ts';
import { logsTopic } from '../kernel/topics.ts';

export const storeLogs = (telemetry: Telemetry, onCut?: OnCut): Sink =>
  defineSink({
    name: 'store-logs',
    reads: logsTopic,
    limits: storeLimits,
    rows: { table: 'logs', shared: { facets: "signal = 'logs'" } },
    write: storeRequests(telemetry, logsTranscoder(), onCut),
    makesRowsAhead: true,
  });
