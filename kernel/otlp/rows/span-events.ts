/** The events of a span, as the columns `events.*`: parallel arrays. */

import { cutName, limits, sum32 } from '../limits.ts';
import { fixed64, lengthDelimited, varint, type WireReader } from '../wire.ts';
import { AttributeList } from './attribute-list.ts';
import { RowWriter } from './row-binary.ts';

export class SpanEvents {
  /** Events beyond the limit, and what was cut of those kept, as bits of `cut`. */
  dropped = 0;
  cut = 0;
  private count = 0;
  private readonly attributes = new AttributeList();
  private readonly times = new RowWriter(256, limits.rowsBytes);
  private readonly names = new RowWriter(256, limits.rowsBytes);
  private readonly maps = new RowWriter(1024, limits.rowsBytes);
  private readonly types = new RowWriter(256, limits.rowsBytes);
  private readonly droppedAttributes = new RowWriter(256, limits.rowsBytes);

  clear(): void {
    this.dropped = 0;
    this.cut = 0;
    if (this.count === 0) return;
    this.count = 0;
    this.times.clear();
    this.names.clear();
    this.maps.clear();
    this.types.clear();
    this.droppedAttributes.clear();
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
          attributes.add(reader);
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
    this.names.text(reader, nameAt, nameLength, limits.nameBytes);
    this.cut |= attributes.writeMap(reader, this.maps, cutName(nameLength));
    attributes.writeTypes(this.types);
    this.droppedAttributes.uint32(sum32(dropped, attributes.dropped));
  }

  write(out: RowWriter): void {
    const { count } = this;
    if (count === 0) {
      out.zeros(5);
      return;
    }
    out.array(count, this.times);
    out.array(count, this.names);
    out.array(count, this.maps);
    out.array(count, this.types);
    out.array(count, this.droppedAttributes);
  }
}
