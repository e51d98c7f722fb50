/** From an ExportTraceServiceRequest to rows of the table `spans`. Field numbers: opentelemetry/proto/trace/v1/trace.proto. */

import { cut, cutName, cutValue, limits, sum32 } from '../limits.ts';
import { fixed32, fixed64, lengthDelimited, varint, type WireReader } from '../wire.ts';
import { AttributeList } from './attribute-list.ts';
import type { RowWriter } from './row-binary.ts';
import { headColumns, type RowHead } from './row-head.ts';
import { SpanEvents } from './span-events.ts';
import { SpanLinks } from './span-links.ts';
import { type Columns, defineTranscoder, type RecordWriter, type Transcoded } from './transcoder.ts';

const columns: Columns = [
  ...headColumns,
  ['trace_id', 'FixedString(16)'],
  ['span_id', 'FixedString(8)'],
  ['parent_span_id', 'FixedString(8)'],
  ['start_time', "DateTime64(9, 'UTC')"],
  ['duration_ns', 'UInt64'],
  ['kind', "Enum8('unspecified' = 0, 'internal' = 1, 'server' = 2, 'client' = 3, 'producer' = 4, 'consumer' = 5)"],
  ['status', "Enum8('unset' = 0, 'ok' = 1, 'error' = 2)"],
  ['flags', 'UInt32'],
  ['dropped_attributes_count', 'UInt32'],
  ['dropped_events_count', 'UInt32'],
  ['dropped_links_count', 'UInt32'],
  ['name', 'LowCardinality(String)'],
  ['status_message', 'String'],
  ['trace_state', 'String'],
  ['attributes', 'Map(LowCardinality(String), String)'],
  ['attribute_types', 'LowCardinality(String)'],
  ['events.time', "Array(DateTime64(9, 'UTC'))"],
  ['events.name', 'Array(LowCardinality(String))'],
  ['events.attributes', 'Array(Map(LowCardinality(String), String))'],
  ['events.attribute_types', 'Array(LowCardinality(String))'],
  ['events.dropped_attributes_count', 'Array(UInt32)'],
  ['links.trace_id', 'Array(FixedString(16))'],
  ['links.span_id', 'Array(FixedString(8))'],
  ['links.flags', 'Array(UInt32)'],
  ['links.trace_state', 'Array(String)'],
  ['links.attributes', 'Array(Map(LowCardinality(String), String))'],
  ['links.attribute_types', 'Array(LowCardinality(String))'],
  ['links.dropped_attributes_count', 'Array(UInt32)'],
];

/** Its `transcode` keeps scratch space between calls: one per sink, never shared. */
export const spansTranscoder = () => defineTranscoder('spans', columns, () => new SpanWriter());

class SpanWriter implements RecordWriter {
  private readonly attributes = new AttributeList();
  private readonly events = new SpanEvents();
  private readonly links = new SpanLinks();

  startRequest(): void {}

  writeRecord(reader: WireReader, head: RowHead, out: RowWriter, counts: Transcoded): void {
    const { attributes, events, links } = this;
    attributes.clear();
    events.clear();
    links.clear();
    let traceIdAt = 0;
    let traceIdLength = 0;
    let spanIdAt = 0;
    let spanIdLength = 0;
    let parentAt = 0;
    let parentLength = 0;
    let traceStateAt = 0;
    let traceStateLength = 0;
    let nameAt = 0;
    let nameLength = 0;
    let startAt = 0;
    let endAt = 0;
    let statusAt = 0;
    let statusLength = 0;
    let kind = 0;
    let flags = 0;
    let droppedAttributes = 0;
    let droppedEvents = 0;
    let droppedLinks = 0;
    while (reader.position < reader.end) {
      const tag = reader.tag();
      switch (tag) {
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
        case field.traceState:
          traceStateLength = reader.length();
          traceStateAt = reader.position;
          reader.position += traceStateLength;
          break;
        case field.parentSpanId:
          parentLength = reader.length();
          parentAt = reader.position;
          reader.position += parentLength;
          break;
        case field.name:
          nameLength = reader.length();
          nameAt = reader.position;
          reader.position += nameLength;
          break;
        case field.kind:
          kind = reader.varint32();
          break;
        case field.startTime:
          startAt = reader.position;
          reader.advance(8);
          break;
        case field.endTime:
          endAt = reader.position;
          reader.advance(8);
          break;
        case field.attributes:
          attributes.add(reader);
          break;
        case field.droppedAttributes:
          droppedAttributes = reader.varint32();
          break;
        case field.events:
          events.add(reader);
          break;
        case field.droppedEvents:
          droppedEvents = reader.varint32();
          break;
        case field.links:
          links.add(reader);
          break;
        case field.droppedLinks:
          droppedLinks = reader.varint32();
          break;
        case field.status:
          statusLength = reader.length();
          statusAt = reader.position;
          reader.position += statusLength;
          break;
        case field.flags:
          flags = reader.fixed32();
          break;
        default:
          reader.skip(tag);
      }
    }
    this.readStatus(reader, statusAt, statusLength);

    out.append(head.bytes);
    out.fixedString(reader, traceIdAt, traceIdLength, 16);
    out.fixedString(reader, spanIdAt, spanIdLength, 8);
    out.fixedString(reader, parentAt, parentLength, 8);
    out.time(reader, startAt);
    writeDuration(reader, startAt, endAt, out);
    out.byte(kind > 5 ? 0 : kind);
    out.byte(this.statusCode > 2 ? 0 : this.statusCode);
    out.uint32(flags);
    out.uint32(sum32(droppedAttributes, attributes.dropped));
    out.uint32(sum32(droppedEvents, events.dropped));
    out.uint32(sum32(droppedLinks, links.dropped));
    out.text(reader, nameAt, nameLength, limits.nameBytes);
    out.text(reader, this.messageAt, this.messageLength, limits.valueBytes);
    out.text(reader, traceStateAt, traceStateLength, limits.valueBytes);
    const cutHere =
      cutName(nameLength) |
      cutValue(this.messageLength) |
      cutValue(traceStateLength) |
      (events.dropped > 0 ? cut.events : 0) |
      (links.dropped > 0 ? cut.links : 0);
    const cutInAll = attributes.writeMap(reader, out, cutHere) | head.cut | events.cut | links.cut;
    attributes.writeTypes(out);
    events.write(out);
    links.write(out);
    counts.rows++;
    if (cutInAll !== 0) counts.cutRows++;
  }

  private statusCode = 0;
  private messageAt = 0;
  private messageLength = 0;

  private readStatus(reader: WireReader, at: number, length: number): void {
    const { end } = reader;
    this.statusCode = this.messageAt = this.messageLength = 0;
    reader.position = at;
    reader.end = at + length;
    while (reader.position < reader.end) {
      const tag = reader.tag();
      if (tag === varint(3)) this.statusCode = reader.varint32();
      else if (tag === lengthDelimited(2)) {
        this.messageLength = reader.length();
        this.messageAt = reader.position;
        reader.position += this.messageLength;
      } else reader.skip(tag);
    }
    reader.end = end;
  }
}

/**
 * Nanoseconds from start to end; 0 where the clock went back. Both end where DateTime64(9) does, so that their sum in
 * ClickHouse never overflows: that would refuse the whole batch.
 */
const writeDuration = ({ view }: WireReader, startAt: number, endAt: number, out: RowWriter): void => {
  let low = 0;
  let high = 0;
  if (endAt !== 0) {
    low = view.getUint32(endAt, true);
    high = view.getUint32(endAt + 4, true);
    if (high > 0x7fffffff) {
      low = 0xffffffff;
      high = 0x7fffffff;
    }
  }
  if (startAt !== 0) {
    low -= view.getUint32(startAt, true);
    high -= view.getUint32(startAt + 4, true);
  }
  if (low < 0) {
    low += 2 ** 32;
    high -= 1;
  }
  if (high < 0) out.uint64(0, 0);
  else out.uint64(low, high);
};

const field = {
  traceId: lengthDelimited(1),
  spanId: lengthDelimited(2),
  traceState: lengthDelimited(3),
  parentSpanId: lengthDelimited(4),
  name: lengthDelimited(5),
  kind: varint(6),
  startTime: fixed64(7),
  endTime: fixed64(8),
  attributes: lengthDelimited(9),
  droppedAttributes: varint(10),
  events: lengthDelimited(11),
  droppedEvents: varint(12),
  links: lengthDelimited(13),
  droppedLinks: varint(14),
  status: lengthDelimited(15),
  flags: fixed32(16),
} as const;
