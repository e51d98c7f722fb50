/**
 * Log lines out of a record of `otlp.logs`, before they are stored. The sink's own transcoder makes the rows, so a line
 * is the same here and in the table, down to its id.
 */
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import type { LogRecord } from '../../kernel/log/log.ts';
import { readBlock } from '../../kernel/otlp/native/read-block.ts';
import { logsTranscoder } from '../../kernel/otlp/rows/logs-rows.ts';
import { otlpHeaders } from '../../kernel/topics.ts';
import type { AttributePairs } from '../attributes.ts';
import type { LogRow } from '../logs/line.ts';
import type { Searchable } from '../query/match.ts';

export interface LiveRow {
  readonly searchable: Searchable;
  readonly row: LogRow;
}

/** Larger requests are not looked into: they would hold up everything else of this process. */
const maxRequestBytes = 8 * 2 ** 20;
const maxRowsBytes = 64 * 2 ** 20;

const decompress = promisify(zstdDecompress);

/** Returns a function that reads the lines of a record, one after the other. It keeps scratch space: one per feed. */
export const liveRowReader = (): ((record: LogRecord, partition: number) => Promise<Iterable<LiveRow>>) => {
  const block = logsTranscoder().openBlock(maxRowsBytes);
  return async ({ headers, offset, value }, partition) => {
    const identity = headers[otlpHeaders.encoding] === 'identity';
    const request = identity ? value : await decompress(value, { maxOutputLength: maxRequestBytes });
    if (request.length > maxRequestBytes) throw new RangeError('The request is too large to be shown live.');
    const origin = {
      org: headers[otlpHeaders.org]!,
      project: headers[otlpHeaders.project]!,
      receivedAtMs: Number(headers[otlpHeaders.receivedAt]),
      retentionDays: Number(headers[otlpHeaders.retentionDays]),
      partition,
      offset,
    };
    block.clear();
    block.add(request, origin);
    // a copy: lines are read as they are asked for, and others may come meanwhile
    return liveRows(readBlock(Buffer.concat(block.written())) as unknown as Iterable<TableRow>);
  };
};

function* liveRows(rows: Iterable<TableRow>): Generator<LiveRow> {
  for (const row of rows) yield { searchable: searchableOf(row), row: logRowOf(row) };
}

/** A row of `logs` as `readBlock` gives it. */
interface TableRow {
  readonly service: string;
  readonly environment: string;
  readonly version: string;
  readonly host: string;
  readonly time: bigint;
  readonly time_unix_nano: bigint;
  readonly observed_time_unix_nano: bigint;
  readonly severity: LogRow['severity'];
  readonly severity_number: number;
  readonly severity_text: string;
  readonly body: string;
  readonly body_type: string;
  readonly event_name: string;
  readonly trace_id: string;
  readonly span_id: string;
  readonly flags: number;
  readonly attributes: AttributePairs;
  readonly attribute_types: string;
  readonly dropped_attributes_count: number;
  readonly resource_attributes: AttributePairs;
  readonly resource_attribute_types: string;
  readonly resource_schema_url: string;
  readonly scope_name: string;
  readonly scope_version: string;
  readonly scope_attributes: AttributePairs;
  readonly scope_attribute_types: string;
  readonly scope_schema_url: string;
  readonly record_partition: number;
  readonly record_offset: bigint;
  readonly record_index: number;
}

/** All zeros is how the tables write that there is none. */
const idOf = (hex: string): string => (/^0+$/.test(hex) ? '' : hex);

const logRowOf = (row: TableRow): LogRow => ({
  ...row,
  sort_unix_nano: String(row.time),
  sent_unix_nano: String(row.time_unix_nano),
  observed_unix_nano: String(row.observed_time_unix_nano),
  trace: idOf(row.trace_id),
  span: idOf(row.span_id),
  attribute_pairs: row.attributes,
  resource_pairs: row.resource_attributes,
  scope_pairs: row.scope_attributes,
  offset_text: String(row.record_offset),
});

/** By the names of `logsTarget`. */
const searchableOf = (row: TableRow): Searchable => ({
  columns: {
    severity: row.severity,
    severity_number: row.severity_number,
    severity_text: row.severity_text,
    body: row.body,
    event: row.event_name,
    trace_id: idOf(row.trace_id),
    span_id: idOf(row.span_id),
    service: row.service,
    environment: row.environment,
    version: row.version,
    host: row.host,
    'scope.name': row.scope_name,
    'scope.version': row.scope_version,
  },
  attributes: new Map(row.attributes),
  resource: new Map(row.resource_attributes),
});
