/** The links of a span, as the columns `links.*`: parallel arrays. */

import { cutValue, limits, sum32 } from '../limits.ts';
import { fixed32, lengthDelimited, varint, type WireReader } from '../wire.ts';
import { AttributeList } from './attribute-list.ts';
import { RowWriter } from './row-binary.ts';

export class SpanLinks {
  /** Links beyond the limit, and what was cut of those kept, as bits of `cut`. */
  dropped = 0;
  cut = 0;
  private count = 0;
  private readonly attributes = new AttributeList();
  private readonly traceIds = new RowWriter(256, limits.rowsBytes);
  private readonly spanIds = new RowWriter(256, limits.rowsBytes);
  private readonly flags = new RowWriter(256, limits.rowsBytes);
  private readonly traceStates = new RowWriter(256, limits.rowsBytes);
  private readonly maps = new RowWriter(256, limits.rowsBytes);
  private readonly types = new RowWriter(256, limits.rowsBytes);
  private readonly droppedAttributes = new RowWriter(256, limits.rowsBytes);

  clear(): void {
    this.dropped = 0;
    this.cut = 0;
    if (this.count === 0) return;
    this.count = 0;
    this.traceIds.clear();
    this.spanIds.clear();
    this.flags.clear();
    this.traceStates.clear();
    this.maps.clear();
    this.types.clear();
    this.droppedAttributes.clear();
  }

  /** Takes the link whose length comes next. */
  add(reader: WireReader): void {
    const outer = reader.enter();
    if (this.count === limits.linksPerSpan) this.dropped++;
    else this.read(reader);
    reader.leave(outer);
  }

  private read(reader: WireReader): void {
    const { attributes } = this;
    let traceIdAt = 0;
    let traceIdLength = 0;
    let spanIdAt = 0;
    let spanIdLength = 0;
    let stateAt = 0;
    let stateLength = 0;
    let flags = 0;
    let dropped = 0;
    attributes.clear();
    while (reader.position < reader.end) {
      const tag = reader.tag();
      switch (tag) {
        case lengthDelimited(1):
          traceIdLength = reader.length();
          traceIdAt = reader.position;
          reader.position += traceIdLength;
          break;
        case lengthDelimited(2):
          spanIdLength = reader.length();
          spanIdAt = reader.position;
          reader.position += spanIdLength;
          break;
        case lengthDelimited(3):
          stateLength = reader.length();
          stateAt = reader.position;
          reader.position += stateLength;
          break;
        case lengthDelimited(4):
          attributes.add(reader);
          break;
        case varint(5):
          dropped = reader.varint32();
          break;
        case fixed32(6):
          flags = reader.fixed32();
          break;
        default:
          reader.skip(tag);
      }
    }
    this.count++;
    this.traceIds.fixedString(reader, traceIdAt, traceIdLength, 16);
    this.spanIds.fixedString(reader, spanIdAt, spanIdLength, 8);
    this.flags.uint32(flags);
    this.traceStates.text(reader, stateAt, stateLength, limits.valueBytes);
    this.cut |= attributes.writeMap(reader, this.maps, cutValue(stateLength));
    attributes.writeTypes(this.types);
    this.droppedAttributes.uint32(sum32(dropped, attributes.dropped));
  }

  write(out: RowWriter): void {
    const { count } = this;
    if (count === 0) {
      out.zeros(7);
      return;
    }
    out.array(count, this.traceIds);
    out.array(count, this.spanIds);
    out.array(count, this.flags);
    out.array(count, this.traceStates);
    out.array(count, this.maps);
    out.array(count, this.types);
    out.array(count, this.droppedAttributes);
  }
}
