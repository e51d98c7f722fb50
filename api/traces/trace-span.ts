/** A span as the API shows it, from a row of `spans`. */
import { type AttributePairs, decodeAttributes, selectPairs, selectPairsOfEach } from '../attributes.ts';
import type { Span } from '../contract/traces.ts';
import type { Resource, Scope, SpanKind, SpanStatus } from '../contract/values.ts';

/** What `spanColumns` selects. Times are nanoseconds as text, ids hex. */
export interface SpanRow {
  readonly trace: string;
  readonly span: string;
  readonly parent: string;
  readonly trace_state: string;
  readonly flags: number;
  readonly service: string;
  readonly name: string;
  readonly kind: SpanKind;
  readonly start_ns: string;
  readonly end_ns: string;
  readonly status: SpanStatus;
  readonly status_message: string;
  readonly attribute_pairs: AttributePairs;
  readonly attribute_types: string;
  readonly dropped_attributes_count: number;
  readonly event_times: readonly string[];
  readonly event_names: readonly string[];
  readonly event_pairs: readonly AttributePairs[];
  readonly event_types: readonly string[];
  readonly event_dropped: readonly number[];
  readonly dropped_events_count: number;
  readonly link_traces: readonly string[];
  readonly link_spans: readonly string[];
  readonly link_states: readonly string[];
  readonly link_flags: readonly number[];
  readonly link_pairs: readonly AttributePairs[];
  readonly link_types: readonly string[];
  readonly link_dropped: readonly number[];
  readonly dropped_links_count: number;
  /** Which of the trace's resources and scopes. */
  readonly resource_key: string;
  readonly scope_key: string;
}

/** The SQL expression that is equal for spans of equal resources. */
export const resourceKey = 'toString(cityHash64(resource_attributes, resource_attribute_types, resource_schema_url))';
/** The same for scopes. */
export const scopeKey =
  'toString(cityHash64(scope_name, scope_version, scope_attributes, scope_attribute_types, scope_schema_url))';

export const spanColumns = `
  lower(hex(trace_id)) AS trace, lower(hex(span_id)) AS span,
  if(parent_span_id = toFixedString('', 8), '', lower(hex(parent_span_id))) AS parent, trace_state, flags, service, name,
  kind, toString(toUnixTimestamp64Nano(start_time)) AS start_ns,
  toString(toUnixTimestamp64Nano(start_time) + duration_ns) AS end_ns, status, status_message,
  ${selectPairs('attributes')} AS attribute_pairs, attribute_types, dropped_attributes_count,
  arrayMap(time -> toString(toUnixTimestamp64Nano(time)), \`events.time\`) AS event_times, \`events.name\` AS event_names,
  ${selectPairsOfEach('`events.attributes`')} AS event_pairs, \`events.attribute_types\` AS event_types,
  \`events.dropped_attributes_count\` AS event_dropped, dropped_events_count,
  arrayMap(id -> lower(hex(id)), \`links.trace_id\`) AS link_traces,
  arrayMap(id -> lower(hex(id)), \`links.span_id\`) AS link_spans, \`links.trace_state\` AS link_states,
  \`links.flags\` AS link_flags, ${selectPairsOfEach('`links.attributes`')} AS link_pairs,
  \`links.attribute_types\` AS link_types, \`links.dropped_attributes_count\` AS link_dropped, dropped_links_count,
  ${resourceKey} AS resource_key, ${scopeKey} AS scope_key`;

/** About what a span takes in an answer, without its resource and scope: what it carries, its ids, times and field names. */
export const spanBytes = `(byteSize(name, status_message, trace_state, attributes, \`events.name\`, \`events.attributes\`,
  \`links.trace_id\`, \`links.span_id\`, \`links.trace_state\`, \`links.attributes\`) + 500)`;

/** @param index where a resource or scope stands in the lists of the trace */
export const spanOf = (row: SpanRow, index: (key: string) => number): Span => ({
  traceId: row.trace,
  spanId: row.span,
  parentSpanId: row.parent,
  traceState: row.trace_state,
  flags: row.flags,
  service: row.service,
  name: row.name,
  kind: row.kind,
  startTimeUnixNano: row.start_ns,
  endTimeUnixNano: row.end_ns,
  status: { code: row.status, message: row.status_message },
  attributes: decodeAttributes(row.attribute_pairs, row.attribute_types),
  droppedAttributesCount: row.dropped_attributes_count,
  events: row.event_times.map((timeUnixNano, i) => ({
    timeUnixNano,
    name: row.event_names[i]!,
    attributes: decodeAttributes(row.event_pairs[i]!, row.event_types[i]!),
    droppedAttributesCount: row.event_dropped[i]!,
  })),
  droppedEventsCount: row.dropped_events_count,
  links: row.link_traces.map((traceId, i) => ({
    traceId,
    spanId: row.link_spans[i]!,
    traceState: row.link_states[i]!,
    flags: row.link_flags[i]!,
    attributes: decodeAttributes(row.link_pairs[i]!, row.link_types[i]!),
    droppedAttributesCount: row.link_dropped[i]!,
  })),
  droppedLinksCount: row.dropped_links_count,
  resource: index(`resource ${row.resource_key}`),
  scope: index(`scope ${row.scope_key}`),
});

/** What `originColumns` selects beside a span, where there are few of them: else each of a trace's origins is read once. */
export interface OriginsRow extends SpanRow {
  readonly resource_pairs: AttributePairs;
  readonly resource_types: string;
  readonly resource_schema: string;
  readonly from_scope: string;
  readonly from_scope_version: string;
  readonly scope_pairs: AttributePairs;
  readonly scope_types: string;
  readonly scope_schema: string;
}

export const originColumns = `
  ${selectPairs('resource_attributes')} AS resource_pairs, resource_attribute_types AS resource_types,
  resource_schema_url AS resource_schema, scope_name AS from_scope, scope_version AS from_scope_version,
  ${selectPairs('scope_attributes')} AS scope_pairs, scope_attribute_types AS scope_types,
  scope_schema_url AS scope_schema`;

/** Those of some spans, each once. */
export const originsOf = (rows: readonly OriginsRow[]): OriginRow[] => {
  const origins = rows.flatMap((row): OriginRow[] => [
    {
      part: 'resource',
      key: row.resource_key,
      name: '',
      version: '',
      schema_url: row.resource_schema,
      pairs: row.resource_pairs,
      types: row.resource_types,
    },
    {
      part: 'scope',
      key: row.scope_key,
      name: row.from_scope,
      version: row.from_scope_version,
      schema_url: row.scope_schema,
      pairs: row.scope_pairs,
      types: row.scope_types,
    },
  ]);
  return [...new Map(origins.map((origin) => [`${origin.part} ${origin.key}`, origin])).values()];
};

/** A resource or a scope of a trace, once. */
export interface OriginRow {
  readonly part: 'resource' | 'scope';
  readonly key: string;
  readonly name: string;
  readonly version: string;
  readonly schema_url: string;
  readonly pairs: AttributePairs;
  readonly types: string;
}

/** @param where a condition over `spans` */
export const originsSql = (where: string): string => `
  SELECT 'resource' AS part, ${resourceKey} AS key, '' AS name, '' AS version, resource_schema_url AS schema_url,
    ${selectPairs('resource_attributes')} AS pairs, resource_attribute_types AS types
  FROM spans WHERE ${where} LIMIT 1 BY key
  UNION ALL
  SELECT 'scope' AS part, ${scopeKey} AS key, scope_name AS name, scope_version AS version, scope_schema_url AS schema_url,
    ${selectPairs('scope_attributes')} AS pairs, scope_attribute_types AS types
  FROM spans WHERE ${where} LIMIT 1 BY key`;

export const resourceOf = ({ pairs, types, schema_url }: OriginRow): Resource => ({
  attributes: decodeAttributes(pairs, types),
  schemaUrl: schema_url,
});

export const scopeOf = ({ name, version, pairs, types, schema_url }: OriginRow): Scope => ({
  name,
  version,
  attributes: decodeAttributes(pairs, types),
  schemaUrl: schema_url,
});
