/**
 * A process for `store-spans.crash.slow.test.ts` to kill. `work` appends requests for ever while the sink stores them;
 * `finish` stores what is left and prints what it finds, as one line of JSON.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { openEmbeddedLog } from '../kernel/log/embedded.ts';
import { encodeTraces } from '../kernel/otlp/proof/reference.ts';
import { defineSink } from '../kernel/processor.ts';
import { countingMeter } from '../kernel/runner/meter.ts';
import { runSink } from '../kernel/runner/sink.ts';
import { openEmbeddedTelemetry } from '../kernel/telemetry/embedded.ts';
import { migrateTelemetry } from '../kernel/telemetry/migrate.ts';
import { otlpHeaders, spansTopic } from '../kernel/topics.ts';
import { storeSpans } from './store-spans.ts';

export interface Findings {
  /** Requests on the log, each with one span. */
  readonly requests: number;
  readonly spans: number;
  /** Spans with an id of their own: each of the requests has one. */
  readonly different: number;
  /** As the materialized views counted them. */
  readonly inTraces: number;
  readonly calls: number;
  /** As the sink counted them. */
  readonly inFacets: number;
}

const [directory, mode] = process.argv.slice(2) as [string, 'work' | 'finish'];
const telemetry = await openEmbeddedTelemetry({ directory });
await migrateTelemetry(telemetry);
const log = await openEmbeddedLog({ directory });

const requestOf = (id: number): Uint8Array => {
  const traceId = Buffer.alloc(16, 1);
  const spanId = Buffer.alloc(8);
  spanId.writeUInt32BE(id);
  const times = { startTimeUnixNano: `${Date.now()}000000`, endTimeUnixNano: `${Date.now()}000001` };
  const attributes = [{ key: 'shift', value: { stringValue: 'night' } }];
  const spans = [{ traceId, spanId, name: 'work', kind: 2, attributes, ...times }];
  return encodeTraces({ resourceSpans: [{ resource: { attributes: [] }, scopeSpans: [{ spans }] }] });
};
const headers = {
  [otlpHeaders.org]: 'o',
  [otlpHeaders.project]: 'p',
  [otlpHeaders.receivedAt]: String(Date.now()),
  [otlpHeaders.retentionDays]: '30',
  [otlpHeaders.encoding]: 'identity',
};

const endOfLog = async (): Promise<number> => (await log.tail(spansTopic.name, 0, 'end')).position;
const sink = storeSpans(telemetry);
// Small batches, one after the other, so that a kill comes at every step of one.
const hasty = defineSink({ ...sink, limits: { maxRecords: 20, maxBytes: 1e6, lingerMs: 1 } });
const leave = await runSink({ sink: hasty, log, meter: countingMeter(sink, console.error) });
for (let id = await endOfLog(); mode === 'work'; id++) {
  await log.append(spansTopic.name, [{ key: '', headers, value: requestOf(id) }]);
  console.log('appended');
}
while ((await log.lagOf(sink.name, [spansTopic.name]))[0]!.lag > 0) await sleep(5);
await leave();

const [found] = await telemetry.inspect<Omit<Findings, 'requests'>>(`SELECT
  (SELECT count() FROM spans) AS spans, (SELECT uniqExact(span_id) FROM spans) AS different,
  (SELECT sum(span_count) FROM traces) AS inTraces, (SELECT sum(calls) FROM red) AS calls,
  (SELECT sum(rows) FROM facets) AS inFacets
  SETTINGS output_format_json_quote_64bit_integers = 0`);
const findings: Findings = { requests: (await endOfLog()) - 1, ...found! };
await log.close();
await telemetry.close();
console.log(JSON.stringify(findings));
process.exit(0);
