/** The events of a span, as the columns `events.*`: parallel arrays. */

import { cutName, limits, sum32 } from '../limits.ts';
import { ArrayColumn, ArrayEnds } from '../native/array-column.ts';
import type { BlockMemory } from '../native/block-memory.ts';
import type { ByteBuffer } from '../native/byte-buffer.ts';
import { LowCardinalityColumn } from '../native/low-cardinality-column.ts';
import { MapColumn } from '../native/map-column.ts';
import { PlainColumn } from '../native/plain-column.ts';
import { fixed64, lengthDelimited, varint, type WireReader } from '../wire.ts';
import { AttributeMap } from './attribute-map.ts';
import { MessageFields } from './message-fields.ts';

export const eventColumns = (memory: BlockMemory) => {
  const ends = new ArrayEnds(memory);
  return {
    'events.time': new ArrayColumn(ends, new PlainColumn(memory, "DateTime64(9, 'UTC')")),
    'events.name': new ArrayColumn(ends, new LowCardinalityColumn(memory)),
    'events.attributes': new ArrayColumn(ends, new MapColumn(memory)),
    'events.attribute_types': new ArrayColumn(ends, new LowCardinalityColumn(memory)),
    'events.dropped_attributes_count': new ArrayColumn(ends, new PlainColumn(memory, 'UInt32')),
  };
};

export class SpanEvents {
  /** Events of this span beyond the limit, and what was cut of those kept, as bits of `cut`. */
  dropped = 0;
  cut = 0;
  private count = 0;
  private readonly ends: ArrayEnds;
  private readonly times: ByteBuffer;
  private readonly names: LowCardinalityColumn;
  private readonly maps: MapColumn;
  private readonly types: LowCardinalityColumn;
  private readonly droppedAttributes: ByteBuffer;
  private readonly attributes: AttributeMap;
  private readonly fields = eventFields();

  constructor(columns: ReturnType<typeof eventColumns>) {
    this.ends = columns['events.time'].ends;
    this.times = columns['events.time'].elements.values;
    this.names = columns['events.name'].elements;
    this.maps = columns['events.attributes'].elements;
    this.types = columns['events.attribute_types'].elements;
    this.droppedAttributes = columns['events.dropped_attributes_count'].elements.values;
    this.attributes = new AttributeMap(this.maps, this.types);
  }

  /** Starts the next span. */
  clear(): void {
    this.dropped = 0;
    this.cut = 0;
    this.count = 0;
  }

  /** Takes the event whose length comes next. */
  add(reader: WireReader): void {
    const outer = reader.enter();
    if (this.count === limits.eventsPerSpan) this.dropped++;
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
    this.times.time(reader, at[field.time]!);
    this.names.addText(reader, at[field.name]!, value[field.name]!, limits.nameBytes);
    this.cut |= attributes.end(reader, cutName(value[field.name]!));
    this.maps.end();
    this.types.add(attributes.typesNumber());
    this.droppedAttributes.uint32(sum32(value[field.droppedAttributes]!, attributes.dropped));
  }

  /** The span has no more events. */
  end(): void {
    this.ends.add(this.times.position / 8);
  }
}

const field = { time: 1, name: 2, attributes: 3, droppedAttributes: 4 } as const;

const eventFields = () =>
  new MessageFields(
    [fixed64(field.time), lengthDelimited(field.name), varint(field.droppedAttributes)],
    [lengthDelimited(field.attributes)],
  );
