/** From an ExportTraceServiceRequest to rows of the table `spans`. Field numbers: opentelemetry/proto/trace/v1/trace.proto. */

import type { DerivedRows } from '../derived-rows.ts';
import { FacetsOfBlock } from '../facets/count-facets.ts';
import { cut, cutName, cutValue, limits, sum32 } from '../limits.ts';
import type { BlockMemory } from '../native/block-memory.ts';
import type { ByteBuffer } from '../native/byte-buffer.ts';
import { LowCardinalityColumn } from '../native/low-cardinality-column.ts';
import { MapColumn } from '../native/map-column.ts';
import { MapRunsColumn } from '../native/map-runs-column.ts';
import { PlainColumn } from '../native/plain-column.ts';
import { fixed32, fixed64, lengthDelimited, varint, type WireReader } from '../wire.ts';
import { AttributeMap } from './attribute-map.ts';
import { headColumns } from './head-columns.ts';
import { insertLimits } from './insert-cuts.ts';
import { MessageFields } from './message-fields.ts';
import { type Counts, defineTranscoder, type RecordWriter } from './rows-block.ts';
import { eventColumns, SpanEvents } from './span-events.ts';
import { linkColumns, SpanLinks } from './span-links.ts';

const spanColumns = (memory: BlockMemory) => ({
  ...headColumns(memory, MapRunsColumn),
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

export const spansTranscoder = () => defineTranscoder('spans', insertLimits.spans, (memory) => new SpanWriter(memory));

class SpanWriter implements RecordWriter {
  readonly columns;
  private readonly attributes: AttributeMap;
  private readonly events: SpanEvents;
  private readonly links: SpanLinks;
  private readonly fields = spanFields();
  private readonly status = new MessageFields([lengthDelimited(statusField.message), varint(statusField.code)]);
  private facets: FacetsOfBlock | undefined;

  constructor(memory: BlockMemory) {
    this.columns = spanColumns(memory);
    this.attributes = new AttributeMap(this.columns.attributes, this.columns.attribute_types);
    this.events = new SpanEvents(this.columns);
    this.links = new SpanLinks(this.columns);
  }

  writeRecord(reader: WireReader, counts: Counts): void {
    const { fields, attributes, events, links } = this;
    fields.clear();
    attributes.clear();
    events.clear();
    links.clear();
    for (let tag = fields.next(reader); tag !== 0; tag = fields.next(reader)) {
      if (tag === attributesTag) attributes.add(reader, tag);
      else if (tag === eventsTag) events.add(reader);
      else links.add(reader);
    }
    this.status.read(reader, fields.at[field.status]!, fields.value[field.status]!);
    this.writeColumns(reader, counts);
  }

  private writeColumns(reader: WireReader, counts: Counts): void {
    const { columns, attributes, events, links } = this;
    const { at, value } = this.fields;
    const status = this.status.value[statusField.code]!;
    const messageAt = this.status.at[statusField.message]!;
    const messageLength = this.status.value[statusField.message]!;
    const kind = value[field.kind]!;
    columns.trace_id.values.fixedString(reader, at[field.traceId]!, value[field.traceId]!, 16);
    columns.span_id.values.fixedString(reader, at[field.spanId]!, value[field.spanId]!, 8);
    columns.parent_span_id.values.fixedString(reader, at[field.parentSpanId]!, value[field.parentSpanId]!, 8);
    columns.start_time.values.time(reader, at[field.startTime]!);
    writeDuration(reader, at[field.startTime]!, at[field.endTime]!, columns.duration_ns.values);
    columns.kind.values.byte(kind > 5 ? 0 : kind);
    columns.status.values.byte(status > 2 ? 0 : status);
    columns.flags.values.uint32(value[field.flags]!);
    columns.dropped_attributes_count.values.uint32(sum32(value[field.droppedAttributes]!, attributes.dropped));
    columns.dropped_events_count.values.uint32(sum32(value[field.droppedEvents]!, events.dropped));
    columns.dropped_links_count.values.uint32(sum32(value[field.droppedLinks]!, links.dropped));
    columns.name.addText(reader, at[field.name]!, value[field.name]!, limits.nameBytes);
    columns.status_message.values.text(reader, messageAt, messageLength, limits.valueBytes);
    columns.trace_state.values.text(reader, at[field.traceState]!, value[field.traceState]!, limits.valueBytes);
    const cutHere =
      cutName(value[field.name]!) |
      cutValue(messageLength) |
      cutValue(value[field.traceState]!) |
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
  traceId: 1,
  spanId: 2,
  traceState: 3,
  parentSpanId: 4,
  name: 5,
  kind: 6,
  startTime: 7,
  endTime: 8,
  attributes: 9,
  droppedAttributes: 10,
  events: 11,
  droppedEvents: 12,
  links: 13,
  droppedLinks: 14,
  status: 15,
  flags: 16,
} as const;
const attributesTag = lengthDelimited(field.attributes);
const eventsTag = lengthDelimited(field.events);
const linksTag = lengthDelimited(field.links);

const spanFields = () =>
  new MessageFields(
    [
      ...[field.traceId, field.spanId, field.traceState, field.parentSpanId, field.name, field.status].map(
        lengthDelimited,
      ),
      ...[field.startTime, field.endTime].map(fixed64),
      ...[field.kind, field.droppedAttributes, field.droppedEvents, field.droppedLinks].map(varint),
      fixed32(field.flags),
    ],
    [attributesTag, eventsTag, linksTag],
  );

const statusField = { message: 2, code: 3 } as const;
