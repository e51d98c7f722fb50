/** From an ExportLogsServiceRequest to rows of the table `logs`. Field numbers: opentelemetry/proto/logs/v1/logs.proto. */

import { FacetsOfBlock } from '../facets/count-facets.ts';
import { cut, cutName, limits, sum32 } from '../limits.ts';
import type { BlockMemory } from '../native/block-memory.ts';
import { LowCardinalityColumn } from '../native/low-cardinality-column.ts';
import { MapColumn } from '../native/map-column.ts';
import { PlainColumn } from '../native/plain-column.ts';
import { fixed32, fixed64, lengthDelimited, varint, WireReader } from '../wire.ts';
import { AttributeMap } from './attribute-map.ts';
import { headColumns } from './head-columns.ts';
import type { Origin } from './origin.ts';
import { type DerivedRows, defineTranscoder, type RecordWriter, type Transcoded } from './rows-block.ts';
import { severityOfNumber, severityOfText } from './severity.ts';
import { ValueText } from './value-text.ts';

const logColumns = (memory: BlockMemory) => ({
  ...headColumns(memory),
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

export const logsTranscoder = () => defineTranscoder('logs', (memory) => new LogRecordWriter(memory));

class LogRecordWriter implements RecordWriter {
  readonly columns;
  private readonly attributes: AttributeMap;
  private readonly value = new ValueText();
  private facets: FacetsOfBlock | undefined;
  private partition = 0;
  private offset = 0;
  private index = 0;
  /** Nanoseconds, in two halves. */
  private arrivalLow = 0;
  private arrivalHigh = 0;

  constructor(memory: BlockMemory) {
    this.columns = logColumns(memory);
    this.attributes = new AttributeMap(this.columns.attributes, this.columns.attribute_types);
  }

  startRequest({ partition, offset, receivedAtMs }: Origin): void {
    this.partition = partition;
    this.offset = offset;
    this.index = 0;
    const arrival = BigInt(receivedAtMs) * 1_000_000n;
    this.arrivalLow = Number(BigInt.asIntN(32, arrival));
    this.arrivalHigh = Number(BigInt.asIntN(32, arrival >> 32n));
  }

  writeRecord(reader: WireReader, counts: Transcoded): void {
    const { attributes, value } = this;
    attributes.clear();
    let timeAt = 0;
    let observedAt = 0;
    let severityNumber = 0;
    let severityAt = 0;
    let severityLength = 0;
    let bodyAt = 0;
    let bodyLength = 0;
    let eventAt = 0;
    let eventLength = 0;
    let traceIdAt = 0;
    let traceIdLength = 0;
    let spanIdAt = 0;
    let spanIdLength = 0;
    let flags = 0;
    let dropped = 0;
    while (reader.position < reader.end) {
      const tag = reader.tag();
      switch (tag) {
        case field.time:
          timeAt = reader.position;
          reader.advance(8);
          break;
        case field.observedTime:
          observedAt = reader.position;
          reader.advance(8);
          break;
        case field.severityNumber:
          severityNumber = reader.varint32();
          break;
        case field.severityText:
          severityLength = reader.length();
          severityAt = reader.position;
          reader.position += severityLength;
          break;
        case field.body:
          bodyLength = reader.length();
          bodyAt = reader.position;
          reader.position += bodyLength;
          break;
        case field.attributes:
          attributes.add(reader, field.attributes);
          break;
        case field.droppedAttributes:
          dropped = reader.varint32();
          break;
        case field.flags:
          flags = reader.fixed32();
          break;
        case field.traceId:
          traceIdLength = reader.length();
          traceIdAt = reader.position;
          reader.position += traceIdLength;
          break;
        case field.spanId:
          spanIdLength = reader.length();
          spanIdAt = reader.position;
          reader.position += spanIdLength;
          break;
        case field.eventName:
          eventLength = reader.length();
          eventAt = reader.position;
          reader.position += eventLength;
          break;
        default:
          reader.skip(tag);
      }
    }

    const { columns } = this;
    columns.record_partition.values.uint16(this.partition);
    columns.record_offset.values.int64(this.offset);
    columns.record_index.values.uint32(this.index++);
    const time = columns.time.values;
    if (isSet(reader, timeAt)) time.time(reader, timeAt);
    else if (isSet(reader, observedAt)) time.time(reader, observedAt);
    else time.uint64(this.arrivalLow, this.arrivalHigh);
    columns.time_unix_nano.values.fixed64(reader, timeAt);
    columns.observed_time_unix_nano.values.fixed64(reader, observedAt);
    columns.severity_number.values.byte(severityNumber > 24 ? 0 : severityNumber);
    columns.severity.values.byte(
      severityOfNumber(severityNumber) || severityOfText(latin1(reader, severityAt, severityLength)),
    );
    columns.severity_text.addText(reader, severityAt, severityLength, limits.nameBytes);
    value.cut = 0;
    const bodyType = value.write(reader, bodyAt, bodyLength, columns.body.values, limits.bodyBytes);
    columns.body_type.addText(letters, bodyType, 1, 1);
    columns.event_name.addText(reader, eventAt, eventLength, limits.nameBytes);
    columns.trace_id.values.fixedString(reader, traceIdAt, traceIdLength, 16);
    columns.span_id.values.fixedString(reader, spanIdAt, spanIdLength, 8);
    columns.flags.values.uint32(flags);
    columns.dropped_attributes_count.values.uint32(sum32(dropped, attributes.dropped));
    const bodyCut = (value.cut & cut.values) === 0 ? value.cut : cut.body | (value.cut & ~cut.values);
    const cutHere = bodyCut | cutName(severityLength) | cutName(eventLength);
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
  time: fixed64(1),
  severityNumber: varint(2),
  severityText: lengthDelimited(3),
  body: lengthDelimited(5),
  attributes: lengthDelimited(6),
  droppedAttributes: varint(7),
  flags: fixed32(8),
  traceId: lengthDelimited(9),
  spanId: lengthDelimited(10),
  observedTime: fixed64(11),
  eventName: lengthDelimited(12),
} as const;
