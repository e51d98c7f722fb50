/** From an ExportTraceServiceRequest to rows of the table `spans`. Field numbers: opentelemetry/proto/trace/v1/trace.proto. */

import { FacetsOfBlock } from '../facets/count-facets.ts';
import { cut, cutName, cutValue, limits, sum32 } from '../limits.ts';
import type { BlockMemory } from '../native/block-memory.ts';
import type { ByteBuffer } from '../native/byte-buffer.ts';
import { LowCardinalityColumn } from '../native/low-cardinality-column.ts';
import { MapColumn } from '../native/map-column.ts';
import { PlainColumn } from '../native/plain-column.ts';
import { fixed32, fixed64, lengthDelimited, varint, type WireReader } from '../wire.ts';
import { AttributeMap } from './attribute-map.ts';
import { headColumns } from './head-columns.ts';
import { type DerivedRows, defineTranscoder, type RecordWriter, type Transcoded } from './rows-block.ts';
import { eventColumns, SpanEvents } from './span-events.ts';
import { linkColumns, SpanLinks } from './span-links.ts';

const spanColumns = (memory: BlockMemory) => ({
  ...headColumns(memory),
  trace_id: new PlainColumn(memory, 'FixedString(16)'),
  span_id: new PlainColumn(memory, 'FixedString(8)'),
  parent_span_id: new PlainColumn(memory, 'FixedString(8)'),
  start_time: new PlainColumn(memory, "DateTime64(9, 'UTC')"),
  duration_ns: new PlainColumn(memory, 'UInt64'),
  kind: new PlainColumn(
    memory,
    "Enum8('unspecified' = 0, 'internal' = 1, 'server' = 2, 'client' = 3, 'producer' = 4, 'consumer' = 5)",
  ),
  status: new PlainColumn(memory, "Enum8('unset' = 0, 'ok' = 1, 'error' = 2)"),
  flags: new PlainColumn(memory, 'UInt32'),
  dropped_attributes_count: new PlainColumn(memory, 'UInt32'),
  dropped_events_count: new PlainColumn(memory, 'UInt32'),
  dropped_links_count: new PlainColumn(memory, 'UInt32'),
  name: new LowCardinalityColumn(memory),
  status_message: new PlainColumn(memory, 'String'),
  trace_state: new PlainColumn(memory, 'String'),
  attributes: new MapColumn(memory),
  attribute_types: new LowCardinalityColumn(memory),
  ...eventColumns(memory),
  ...linkColumns(memory),
});

export const spansTranscoder = () => defineTranscoder('spans', (memory) => new SpanWriter(memory));

class SpanWriter implements RecordWriter {
  readonly columns;
  private readonly attributes: AttributeMap;
  private readonly events: SpanEvents;
  private readonly links: SpanLinks;
  private facets: FacetsOfBlock | undefined;

  constructor(memory: BlockMemory) {
    this.columns = spanColumns(memory);
    this.attributes = new AttributeMap(this.columns.attributes, this.columns.attribute_types);
    this.events = new SpanEvents(this.columns);
    this.links = new SpanLinks(this.columns);
  }

  startRequest(): void {}

  writeRecord(reader: WireReader, counts: Transcoded): void {
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

    const { columns } = this;
    columns.trace_id.values.fixedString(reader, traceIdAt, traceIdLength, 16);
    columns.span_id.values.fixedString(reader, spanIdAt, spanIdLength, 8);
    columns.parent_span_id.values.fixedString(reader, parentAt, parentLength, 8);
    columns.start_time.values.time(reader, startAt);
    writeDuration(reader, startAt, endAt, columns.duration_ns.values);
    columns.kind.values.byte(kind > 5 ? 0 : kind);
    columns.status.values.byte(this.statusCode > 2 ? 0 : this.statusCode);
    columns.flags.values.uint32(flags);
    columns.dropped_attributes_count.values.uint32(sum32(droppedAttributes, attributes.dropped));
    columns.dropped_events_count.values.uint32(sum32(droppedEvents, events.dropped));
    columns.dropped_links_count.values.uint32(sum32(droppedLinks, links.dropped));
    columns.name.addText(reader, nameAt, nameLength, limits.nameBytes);
    columns.status_message.values.text(reader, this.messageAt, this.messageLength, limits.valueBytes);
    columns.trace_state.values.text(reader, traceStateAt, traceStateLength, limits.valueBytes);
    const cutHere =
      cutName(nameLength) |
      cutValue(this.messageLength) |
      cutValue(traceStateLength) |
      (events.dropped > 0 ? cut.events : 0) |
      (links.dropped > 0 ? cut.links : 0);
    const cutInAll = attributes.end(reader, cutHere) | events.cut | links.cut;
    columns.attributes.end();
    columns.attribute_types.add(attributes.typesNumber());
    events.end();
    links.end();
    counts.rows++;
    if (cutInAll !== 0) counts.cutRows++;
  }

  derive(rows: number): DerivedRows {
    this.facets ??= new FacetsOfBlock('spans');
    this.facets.count(this.columns, this.columns.start_time, rows);
    return this.facets.written();
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
const writeDuration = ({ view }: WireReader, startAt: number, endAt: number, out: ByteBuffer): void => {
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
