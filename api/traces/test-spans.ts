/** Spans for tests of the API, put into the tables as the sink would. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Telemetry, Tenant } from '../../kernel/telemetry/client.ts';
import type { SpanKind, SpanStatus } from '../contract/values.ts';
import { testTenant } from '../test-store.ts';

type Texts = Readonly<Record<string, string>>;

/** A span row; what is left out takes a plain value. Ids are hex, of any length up to their own: zeros are put in front. */
export interface TestSpan {
  readonly tenant?: Tenant;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly service?: string;
  readonly environment?: string;
  readonly version?: string;
  readonly name?: string;
  readonly kind?: SpanKind;
  readonly status?: SpanStatus;
  readonly statusMessage?: string;
  readonly startMs: number;
  /** Nanoseconds beyond `startMs`. */
  readonly startNs?: number;
  readonly durationMs?: number;
  /** Default: when it started. */
  readonly receivedAtMs?: number;
  readonly attributes?: Texts;
  readonly attributeTypes?: string;
  readonly resource?: Texts;
  readonly traceState?: string;
  readonly scopeName?: string;
  readonly scopeVersion?: string;
  readonly scopeAttributes?: Texts;
  readonly events?: readonly { readonly atMs: number; readonly name: string; readonly attributes?: Texts }[];
  readonly links?: readonly {
    readonly traceId: string;
    readonly spanId: string;
    readonly traceState?: string;
    readonly attributes?: Texts;
  }[];
}

export const insertSpans = async (telemetry: Telemetry, spans: readonly TestSpan[]): Promise<void> => {
  const directory = await mkdtemp(join(tmpdir(), 'syntra-rows-'));
  try {
    const path = join(directory, 'rows.json');
    await writeFile(path, spans.map((span) => JSON.stringify(rowOf(span))).join('\n'));
    await telemetry.command(insertFrom(path));
  } finally {
    await rm(directory, { recursive: true });
  }
};

const traceHex = (id: string): string => id.padStart(32, '0');
const spanHex = (id: string): string => id.padStart(16, '0');
/** By way of microseconds: a double cannot hold the nanoseconds of our days. */
const nanoseconds = (ms: number): string => String(BigInt(Math.round(ms * 1e3)) * 1000n);

const rowOf = (span: TestSpan) => ({
  ...(span.tenant ?? testTenant),
  received_ms: Math.floor(span.receivedAtMs ?? span.startMs),
  service: span.service ?? 'checkout',
  environment: span.environment ?? '',
  version: span.version ?? '',
  name: span.name ?? 'GET /',
  kind: span.kind ?? 'internal',
  status: span.status ?? 'unset',
  status_message: span.statusMessage ?? '',
  start_ns: String(BigInt(span.startMs) * 1_000_000n + BigInt(span.startNs ?? 0)),
  duration_ns: Math.round((span.durationMs ?? 1) * 1e6),
  trace: traceHex(span.traceId),
  span: spanHex(span.spanId),
  parent: spanHex(span.parentSpanId ?? ''),
  attributes: span.attributes ?? {},
  attribute_types: span.attributeTypes ?? '',
  resource_attributes: span.resource ?? {},
  trace_state: span.traceState ?? '',
  scope_name: span.scopeName ?? '',
  scope_version: span.scopeVersion ?? '',
  scope_attributes: span.scopeAttributes ?? {},
  event_times: (span.events ?? []).map((event) => nanoseconds(event.atMs)),
  event_names: (span.events ?? []).map((event) => event.name),
  event_attributes: (span.events ?? []).map((event) => event.attributes ?? {}),
  link_traces: (span.links ?? []).map((link) => traceHex(link.traceId)),
  link_spans: (span.links ?? []).map((link) => spanHex(link.spanId)),
  link_states: (span.links ?? []).map((link) => link.traceState ?? ''),
  link_attributes: (span.links ?? []).map((link) => link.attributes ?? {}),
});

/** Kept for 25 years, so that a test may use any date of the last ones. */
const insertFrom = (path: string): string => `INSERT INTO spans (org, project, received_at, retention_days, service,
    environment, version, name, kind, status, status_message, start_time, duration_ns, trace_id, span_id, parent_span_id,
    attributes, attribute_types, resource_attributes, trace_state, scope_name, scope_version, scope_attributes,
    \`events.time\`, \`events.name\`, \`events.attributes\`, \`events.attribute_types\`, \`events.dropped_attributes_count\`,
    \`links.trace_id\`, \`links.span_id\`, \`links.trace_state\`, \`links.flags\`, \`links.attributes\`,
    \`links.attribute_types\`, \`links.dropped_attributes_count\`)
  SELECT org, project, fromUnixTimestamp64Milli(received_ms), 9000, service, environment, version, name, kind, status,
    status_message, fromUnixTimestamp64Nano(start_ns), duration_ns, unhex(trace), unhex(span), unhex(parent),
    attributes, attribute_types, resource_attributes, trace_state, scope_name, scope_version, scope_attributes,
    arrayMap(ns -> fromUnixTimestamp64Nano(ns), event_times), event_names, event_attributes,
    arrayMap(ns -> '', event_times), arrayMap(ns -> 0, event_times),
    arrayMap(id -> toFixedString(unhex(id), 16), link_traces), arrayMap(id -> toFixedString(unhex(id), 8), link_spans),
    link_states, arrayMap(id -> 0, link_traces), link_attributes,
    arrayMap(id -> '', link_traces), arrayMap(id -> 0, link_traces)
  FROM file('${path}', 'JSONEachRow', 'org String, project String, received_ms Int64, service String,
    environment String, version String, name String, kind String, status String, status_message String, start_ns Int64,
    duration_ns UInt64, trace String, span String, parent String, attributes Map(String, String), attribute_types String,
    resource_attributes Map(String, String), trace_state String, scope_name String, scope_version String,
    scope_attributes Map(String, String), event_times Array(Int64), event_names Array(String),
    event_attributes Array(Map(String, String)), link_traces Array(String), link_spans Array(String),
    link_states Array(String), link_attributes Array(Map(String, String))')`;
