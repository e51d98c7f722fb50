/** From an ExportLogsServiceRequest to rows of the table `logs`. Field numbers: opentelemetry/proto/logs/v1/logs.proto. */

import { cut, cutName, limits, sum32 } from '../limits.ts';
import { fixed32, fixed64, lengthDelimited, varint, type WireReader } from '../wire.ts';
import { AttributeList } from './attribute-list.ts';
import type { Origin } from './origin.ts';
import type { RowWriter } from './row-binary.ts';
import { headColumns, type RowHead } from './row-head.ts';
import { severityOfNumber, severityOfText } from './severity.ts';
import { type Columns, defineTranscoder, type RecordWriter, type Transcoded } from './transcoder.ts';
import { ValueText } from './value-text.ts';

const columns: Columns = [
  ...headColumns,
  ['record_partition', 'UInt16'],
  ['record_offset', 'UInt64'],
  ['record_index', 'UInt32'],
  ['time', "DateTime64(9, 'UTC')"],
  ['time_unix_nano', 'UInt64'],
  ['observed_time_unix_nano', 'UInt64'],
  ['severity_number', 'UInt8'],
  ['severity', "Enum8('trace' = 1, 'debug' = 5, 'info' = 9, 'warn' = 13, 'error' = 17, 'fatal' = 21)"],
  ['severity_text', 'LowCardinality(String)'],
  ['body', 'String'],
  ['body_type', 'LowCardinality(String)'],
  ['event_name', 'LowCardinality(String)'],
  ['trace_id', 'FixedString(16)'],
  ['span_id', 'FixedString(8)'],
  ['flags', 'UInt32'],
  ['dropped_attributes_count', 'UInt32'],
  ['attributes', 'Map(LowCardinality(String), String)'],
  ['attribute_types', 'LowCardinality(String)'],
];

/** Its `transcode` keeps scratch space between calls: one per sink, never shared. */
export const logsTranscoder = () => defineTranscoder('logs', columns, () => new LogRecordWriter());

class LogRecordWriter implements RecordWriter {
  private readonly attributes = new AttributeList();
  private readonly value = new ValueText();
  private partition = 0;
  private offset = 0;
  private index = 0;
  /** Nanoseconds, in two halves. */
  private arrivalLow = 0;
  private arrivalHigh = 0;

  startRequest({ partition, offset, receivedAtMs }: Origin): void {
    this.partition = partition;
    this.offset = offset;
    this.index = 0;
    const arrival = BigInt(receivedAtMs) * 1_000_000n;
    this.arrivalLow = Number(BigInt.asIntN(32, arrival));
    this.arrivalHigh = Number(BigInt.asIntN(32, arrival >> 32n));
  }

  writeRecord(reader: WireReader, head: RowHead, out: RowWriter, counts: Transcoded): void {
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
          attributes.add(reader);
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

    out.append(head.bytes);
    out.uint16(this.partition);
    out.int64(this.offset);
    out.uint32(this.index++);
    if (isSet(reader, timeAt)) out.time(reader, timeAt);
    else if (isSet(reader, observedAt)) out.time(reader, observedAt);
    else out.uint64(this.arrivalLow, this.arrivalHigh);
    out.fixed64(reader, timeAt);
    out.fixed64(reader, observedAt);
    out.byte(severityNumber > 24 ? 0 : severityNumber);
    out.byte(severityOfNumber(severityNumber) || severityOfText(latin1(reader, severityAt, severityLength)));
    out.text(reader, severityAt, severityLength, limits.nameBytes);
    value.cut = 0;
    const bodyType = value.write(reader, bodyAt, bodyLength, out, limits.bodyBytes);
    out.byte(1);
    out.byte(bodyType);
    out.text(reader, eventAt, eventLength, limits.nameBytes);
    out.fixedString(reader, traceIdAt, traceIdLength, 16);
    out.fixedString(reader, spanIdAt, spanIdLength, 8);
    out.uint32(flags);
    out.uint32(sum32(dropped, attributes.dropped));
    const bodyCut = (value.cut & cut.values) === 0 ? value.cut : cut.body | (value.cut & ~cut.values);
    const cutHere = bodyCut | cutName(severityLength) | cutName(eventLength);
    const cutInAll = attributes.writeMap(reader, out, cutHere) | head.cut;
    attributes.writeTypes(out);
    counts.rows++;
    if (cutInAll !== 0) counts.cutRows++;
  }
}

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
