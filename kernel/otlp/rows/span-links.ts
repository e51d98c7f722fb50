/** The links of a span, as the columns `links.*`: parallel arrays. */

import { cutValue, limits, sum32 } from '../limits.ts';
import { ArrayColumn, ArrayEnds } from '../native/array-column.ts';
import type { BlockMemory } from '../native/block-memory.ts';
import type { ByteBuffer } from '../native/byte-buffer.ts';
import { LowCardinalityColumn } from '../native/low-cardinality-column.ts';
import { MapColumn } from '../native/map-column.ts';
import { PlainColumn } from '../native/plain-column.ts';
import { fixed32, lengthDelimited, varint, type WireReader } from '../wire.ts';
import { AttributeMap } from './attribute-map.ts';
import { MessageFields } from './message-fields.ts';

export const linkColumns = (memory: BlockMemory) => {
  const ends = new ArrayEnds(memory);
  return {
    'links.trace_id': new ArrayColumn(ends, new PlainColumn(memory, 'FixedString(16)')),
    'links.span_id': new ArrayColumn(ends, new PlainColumn(memory, 'FixedString(8)')),
    'links.flags': new ArrayColumn(ends, new PlainColumn(memory, 'UInt32')),
    'links.trace_state': new ArrayColumn(ends, new PlainColumn(memory, 'String')),
    'links.attributes': new ArrayColumn(ends, new MapColumn(memory)),
    'links.attribute_types': new ArrayColumn(ends, new LowCardinalityColumn(memory)),
    'links.dropped_attributes_count': new ArrayColumn(ends, new PlainColumn(memory, 'UInt32')),
  };
};

export class SpanLinks {
  /** Links of this span beyond the limit, and what was cut of those kept, as bits of `cut`. */
  dropped = 0;
  cut = 0;
  private count = 0;
  private readonly ends: ArrayEnds;
  private readonly traceIds: ByteBuffer;
  private readonly spanIds: ByteBuffer;
  private readonly flags: ByteBuffer;
  private readonly traceStates: ByteBuffer;
  private readonly maps: MapColumn;
  private readonly types: LowCardinalityColumn;
  private readonly droppedAttributes: ByteBuffer;
  private readonly attributes: AttributeMap;
  private readonly fields = linkFields();

  constructor(columns: ReturnType<typeof linkColumns>) {
    this.ends = columns['links.trace_id'].ends;
    this.traceIds = columns['links.trace_id'].elements.values;
    this.spanIds = columns['links.span_id'].elements.values;
    this.flags = columns['links.flags'].elements.values;
    this.traceStates = columns['links.trace_state'].elements.values;
    this.maps = columns['links.attributes'].elements;
    this.types = columns['links.attribute_types'].elements;
    this.droppedAttributes = columns['links.dropped_attributes_count'].elements.values;
    this.attributes = new AttributeMap(this.maps, this.types);
  }

  /** Starts the next span. */
  clear(): void {
    this.dropped = 0;
    this.cut = 0;
    this.count = 0;
  }

  /** Takes the link whose length comes next. */
  add(reader: WireReader): void {
    const outer = reader.enter();
    if (this.count === limits.linksPerSpan) this.dropped++;
    else this.read(reader);
    reader.leave(outer);
  }

  private read(reader: WireReader): void {
    const { fields, attributes } = this;
    const { at, value } = fields;
    fields.clear();
    attributes.clear();
    for (let tag = fields.next(reader); tag !== 0; tag = fields.next(reader)) attributes.add(reader, tag);
    this.count++;
    this.traceIds.fixedString(reader, at[field.traceId]!, value[field.traceId]!, 16);
    this.spanIds.fixedString(reader, at[field.spanId]!, value[field.spanId]!, 8);
    this.flags.uint32(value[field.flags]!);
    this.traceStates.text(reader, at[field.traceState]!, value[field.traceState]!, limits.valueBytes);
    this.cut |= attributes.end(reader, cutValue(value[field.traceState]!));
    this.maps.end();
    this.types.add(attributes.typesNumber());
    this.droppedAttributes.uint32(sum32(value[field.droppedAttributes]!, attributes.dropped));
  }

  /** The span has no more links. */
  end(): void {
    this.ends.add(this.flags.position / 4);
  }
}

const field = { traceId: 1, spanId: 2, traceState: 3, attributes: 4, droppedAttributes: 5, flags: 6 } as const;

const linkFields = () =>
  new MessageFields(
    [
      ...[field.traceId, field.spanId, field.traceState].map(lengthDelimited),
      varint(field.droppedAttributes),
      fixed32(field.flags),
    ],
    [lengthDelimited(field.attributes)],
  );
