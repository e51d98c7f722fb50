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
    const { attributes } = this;
    let timeAt = 0;
    let nameAt = 0;
    let nameLength = 0;
    let dropped = 0;
    attributes.clear();
    while (reader.position < reader.end) {
      const tag = reader.tag();
      switch (tag) {
        case fixed64(1):
          timeAt = reader.position;
          reader.advance(8);
          break;
        case lengthDelimited(2):
          nameLength = reader.length();
          nameAt = reader.position;
          reader.position += nameLength;
          break;
        case lengthDelimited(3):
          attributes.add(reader, lengthDelimited(3));
          break;
        case varint(4):
          dropped = reader.varint32();
          break;
        default:
          reader.skip(tag);
      }
    }
    this.count++;
    this.times.time(reader, timeAt);
    this.names.addText(reader, nameAt, nameLength, limits.nameBytes);
    this.cut |= attributes.end(reader, cutName(nameLength));
    this.maps.end();
    this.types.add(attributes.typesNumber());
    this.droppedAttributes.uint32(sum32(dropped, attributes.dropped));
  }

  /** The span has no more events. */
  end(): void {
    this.ends.add(this.times.position / 8);
  }
}
