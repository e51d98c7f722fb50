/** Stores spans: from `otlp.spans` to the table `spans`. */
import { spansTranscoder } from '../kernel/otlp/rows/spans-rows.ts';
import { type OnCut, storeLimits, storeRequests } from '../kernel/otlp/rows/store-requests.ts';
import { defineSink, type Sink } from '../kernel/processor.ts';
import type { Telemetry } from '../kernel/telemetry/client.ts';
import { spansTopic } from '../kernel/topics.ts';

export const storeSpans = (telemetry: Telemetry, onCut?: OnCut): Sink =>
  defineSink({
    name: 'store-spans',
    reads: spansTopic,
    limits: storeLimits,
    rows: { table: 'spans', shared: { facets: "signal = 'spans'" } },
    write: storeRequests(telemetry, spansTranscoder(), onCut),
    makesRowsAhead: true,
  });
