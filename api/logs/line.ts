/** A log line as the API shows it, from a row of `logs`. */
import { type AttributePairs, decodeAttributes, decodeValue, selectPairs } from '../attributes.ts';
import type { LogLine } from '../contract/logs.ts';

/** What `logLineColumns` selects. Numbers that may pass 2^53 are texts, ids are hex and '' when absent. */
export interface LogRow {
  readonly sort_unix_nano: string;
  readonly sent_unix_nano: string;
  readonly observed_unix_nano: string;
  readonly service: string;
  readonly severity: LogLine['severity'];
  readonly severity_number: number;
  readonly severity_text: string;
  readonly body: string;
  readonly body_type: string;
  readonly event_name: string;
  readonly trace: string;
  readonly span: string;
  readonly flags: number;
  readonly attribute_pairs: AttributePairs;
  readonly attribute_types: string;
  readonly dropped_attributes_count: number;
  readonly resource_pairs: AttributePairs;
  readonly resource_attribute_types: string;
  readonly resource_schema_url: string;
  readonly scope_name: string;
  readonly scope_version: string;
  readonly scope_pairs: AttributePairs;
  readonly scope_attribute_types: string;
  readonly scope_schema_url: string;
  readonly record_partition: number;
  readonly offset_text: string;
  readonly record_index: number;
}

export const logLineColumns = `
  toString(toUnixTimestamp64Nano(time)) AS sort_unix_nano, toString(time_unix_nano) AS sent_unix_nano,
  toString(observed_time_unix_nano) AS observed_unix_nano, service, severity, severity_number, severity_text, body,
  body_type, event_name, if(trace_id = toFixedString('', 16), '', lower(hex(trace_id))) AS trace,
  if(span_id = toFixedString('', 8), '', lower(hex(span_id))) AS span, flags,
  ${selectPairs('attributes')} AS attribute_pairs, attribute_types, dropped_attributes_count,
  ${selectPairs('resource_attributes')} AS resource_pairs, resource_attribute_types, resource_schema_url, scope_name,
  scope_version, ${selectPairs('scope_attributes')} AS scope_pairs, scope_attribute_types, scope_schema_url,
  record_partition, toString(record_offset) AS offset_text, record_index`;

export const logLineOf = (row: LogRow): LogLine => ({
  id: `${row.sort_unix_nano}-${row.record_partition}-${row.offset_text}-${row.record_index}`,
  sortUnixNano: row.sort_unix_nano,
  timeUnixNano: row.sent_unix_nano,
  observedTimeUnixNano: row.observed_unix_nano,
  service: row.service,
  severity: row.severity,
  severityNumber: row.severity_number,
  severityText: row.severity_text,
  body: decodeValue(row.body, row.body_type),
  eventName: row.event_name,
  traceId: row.trace,
  spanId: row.span,
  flags: row.flags,
  attributes: decodeAttributes(row.attribute_pairs, row.attribute_types),
  droppedAttributesCount: row.dropped_attributes_count,
  resource: {
    attributes: decodeAttributes(row.resource_pairs, row.resource_attribute_types),
    schemaUrl: row.resource_schema_url,
  },
  scope: {
    name: row.scope_name,
    version: row.scope_version,
    attributes: decodeAttributes(row.scope_pairs, row.scope_attribute_types),
    schemaUrl: row.scope_schema_url,
  },
});
