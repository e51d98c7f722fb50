/** From an ExportLogsServiceRequest to rows of the table `logs`. Field numbers: opentelemetry/proto/logs/v1/logs.proto. */

import type { DerivedRows } from '../derived-rows.ts';
import { FacetsOfBlock } from '../facets/count-facets.ts';
import { cut, cutName, limits, sum32 } from '../limits.ts';
import type { BlockMemory } from '../native/block-memory.ts';
import { LowCardinalityColumn } from '../native/low-cardinality-column.ts';
import { MapColumn } from '../native/map-column.ts';
import { MapRunsColumn } from '../native/map-runs-column.ts';
import { PlainColumn } from '../native/plain-column.ts';
import { fixed32, fixed64, lengthDelimited, varint, WireReader } from '../wire.ts';
import { AttributeMap } from './attribute-map.ts';
import { headColumns } from './head-columns.ts';
import { insertLimits } from './insert-cuts.ts';
import { MessageFields } from './message-fields.ts';
import type { Origin } from './origin.ts';
import { type Counts, defineTranscoder, type RecordWriter } from './rows-block.ts';
import { severityOfNumber, severityOfText } from './severity.ts';
import { ValueText } from './value-text.ts';

const logColumns = (memory: BlockMemory) => ({
  ...headColumns(memory, MapRunsColumn),
  record_partition: new PlainColumn(memory, 'UInt16'),
  record_offset: new PlainColumn(memory, 'UInt64'),
  record_index: new PlainColumn(memory, 'UInt32'),
  time: new PlainColumn(memory, "DateTime64(9, 'UTC')"),
  time_unix_nano: new PlainColumn(memory, 'UInt64'),
  observed_time_unix_nano: new PlainColumn(memory, 'UInt64'),
  severity_number: new PlainColumn(memory, 'UInt8'),
  severity: new PlainColumn(
    memory,
    "Enum8('trace' = 1, 'debug' = 5, 'info' = 9, 'warn' = 13, 'error' = 17, 'fatal' = 21)",
  ),
  severity_text: new LowCardinalityColumn(memory),
  body: new PlainColumn(memory, 'String'),
  body_type: new LowCardinalityColumn(memory),
  event_name: new LowCardinalityColumn(memory),
  trace_id: new PlainColumn(memory, 'FixedString(16)'),
  span_id: new PlainColumn(memory, 'FixedString(8)'),
  flags: new PlainColumn(memory, 'UInt32'),
  dropped_attributes_count: new PlainColumn(memory, 'UInt32'),
  attributes: new MapColumn(memory),
  attribute_types: new LowCardinalityColumn(memory),
});

export const logsTranscoder = () =>
  defineTranscoder('logs', insertLimits.logs, (memory) => new LogRecordWriter(memory));

class LogRecordWriter implements RecordWriter {
  readonly columns;
  private readonly attributes: AttributeMap;
  private readonly fields = logFields();
  private readonly value = new ValueText();
  private facets: FacetsOfBlock | undefined;
  private index = 0;
  /** Nanoseconds, in two halves. */
  private arrivalLow = 0;
  private arrivalHigh = 0;

  constructor(memory: BlockMemory) {
    this.columns = logColumns(memory);
    this.attributes = new AttributeMap(this.columns.attributes, this.columns.attribute_types);
  }

  startRequest({ receivedAtMs }: Origin): void {
    this.index = 0;
    const arrival = BigInt(receivedAtMs) * 1_000_000n;
    this.arrivalLow = Number(BigInt.asIntN(32, arrival));
    this.arrivalHigh = Number(BigInt.asIntN(32, arrival >> 32n));
  }

  endRequest({ partition, offset }: Origin, rows: number): void {
    const { record_partition, record_offset } = this.columns;
    record_partition.values.uint16(partition);
    record_partition.values.repeat(2, rows - 1);
    record_offset.values.int64(offset);
    record_offset.values.repeat(8, rows - 1);
  }

  writeRecord(reader: WireReader, counts: Counts): void {
    const { fields, attributes } = this;
    fields.clear();
    attributes.clear();
    for (let tag = fields.next(reader); tag !== 0; tag = fields.next(reader)) attributes.add(reader, tag);
    this.writeColumns(reader, counts);
  }

  private writeColumns(reader: WireReader, counts: Counts): void {
    const { columns, attributes, value: body } = this;
    const { at, value } = this.fields;
    const severityNumber = value[field.severityNumber]!;
    const severityAt = at[field.severityText]!;
    const severityLength = value[field.severityText]!;
    const time = columns.time.values;
    columns.record_index.values.uint32(this.index++);
    if (isSet(reader, at[field.time]!)) time.time(reader, at[field.time]!);
    else if (isSet(reader, at[field.observedTime]!)) time.time(reader, at[field.observedTime]!);
    else time.uint64(this.arrivalLow, this.arrivalHigh);
    columns.time_unix_nano.values.fixed64(reader, at[field.time]!);
    columns.observed_time_unix_nano.values.fixed64(reader, at[field.observedTime]!);
    columns.severity_number.values.byte(severityNumber > 24 ? 0 : severityNumber);
    columns.severity.values.byte(
      severityOfNumber(severityNumber) || severityOfText(latin1(reader, severityAt, severityLength)),
    );
    columns.severity_text.addText(reader, severityAt, severityLength, limits.nameBytes);
    body.cut = 0;
    const bodyType = body.write(reader, at[field.body]!, value[field.body]!, columns.body.values, limits.bodyBytes);
    columns.body_type.addText(letters, bodyType, 1, 1);
    columns.event_name.addText(reader, at[field.eventName]!, value[field.eventName]!, limits.nameBytes);
    columns.trace_id.values.fixedString(reader, at[field.traceId]!, value[field.traceId]!, 16);
    columns.span_id.values.fixedString(reader, at[field.spanId]!, value[field.spanId]!, 8);
    columns.flags.values.uint32(value[field.flags]!);
    columns.dropped_attributes_count.values.uint32(sum32(value[field.droppedAttributes]!, attributes.dropped));
    const bodyCut = (body.cut & cut.values) === 0 ? body.cut : cut.body | (body.cut & ~cut.values);
    const cutHere = bodyCut | cutName(severityLength) | cutName(value[field.eventName]!);
    const cutInAll = attributes.end(reader, cutHere);
    columns.attributes.end();
    columns.attribute_types.add(attributes.typesNumber());
    counts.rows++;
    if (cutInAll !== 0) counts.cutRows++;
  }

  derive(rows: number): DerivedRows {
    this.facets ??= new FacetsOfBlock('logs');
    this.facets.count(this.columns, this.columns.time, rows);
    return this.facets.written();
  }
}

/** Every letter at the place of its own code. */
const letters = new WireReader(Uint8Array.from({ length: 128 }, (_, code) => code));

/** Whether the fixed64 at this place is there and not 0. */
const isSet = ({ view }: WireReader, at: number): boolean =>
  at !== 0 && (view.getInt32(at, true) | view.getInt32(at + 4, true)) !== 0;

/** The beginning of a text. */
const latin1 = ({ bytes }: WireReader, at: number, length: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + at, Math.min(length, 32)).toString('latin1');

const field = {
  time: 1,
  severityNumber: 2,
  severityText: 3,
  body: 5,
  attributes: 6,
  droppedAttributes: 7,
  flags: 8,
  traceId: 9,
  spanId: 10,
  observedTime: 11,
  eventName: 12,
} as const;

const logFields = () =>
  new MessageFields(
    [
      ...[field.severityText, field.body, field.traceId, field.spanId, field.eventName].map(lengthDelimited),
      ...[field.time, field.observedTime].map(fixed64),
      ...[field.severityNumber, field.droppedAttributes].map(varint),
      fixed32(field.flags),
    ],
    [lengthDelimited(field.attributes)],
  );
