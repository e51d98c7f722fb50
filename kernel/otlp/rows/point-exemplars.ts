/** The exemplars of a data point, as the columns `exemplars.*`: parallel arrays. */

import { limits } from '../limits.ts';
import { fixed64, lengthDelimited, type WireReader } from '../wire.ts';
import { AttributeList } from './attribute-list.ts';
import { NumberValue } from './number-value.ts';
import { RowWriter } from './row-binary.ts';

export class PointExemplars {
  /** Exemplars beyond the limit, and what was cut of those kept, as bits of `cut`. */
  dropped = 0;
  cut = 0;
  private count = 0;
  private readonly value = new NumberValue();
  private readonly attributes = new AttributeList();
  private readonly times = new RowWriter(256, limits.rowsBytes);
  private readonly valueTypes = new RowWriter(256, limits.rowsBytes);
  private readonly values = new RowWriter(256, limits.rowsBytes);
  private readonly intValues = new RowWriter(256, limits.rowsBytes);
  private readonly traceIds = new RowWriter(256, limits.rowsBytes);
  private readonly spanIds = new RowWriter(256, limits.rowsBytes);
  private readonly maps = new RowWriter(256, limits.rowsBytes);
  private readonly types = new RowWriter(256, limits.rowsBytes);

  clear(): void {
    this.dropped = 0;
    this.cut = 0;
    if (this.count === 0) return;
    this.count = 0;
    this.times.clear();
    this.valueTypes.clear();
    this.values.clear();
    this.intValues.clear();
    this.traceIds.clear();
    this.spanIds.clear();
    this.maps.clear();
    this.types.clear();
  }

  /** Takes the exemplar whose length comes next. */
  add(reader: WireReader): void {
    const outer = reader.enter();
    if (this.count === limits.exemplarsPerPoint) this.dropped++;
    else this.read(reader);
    reader.leave(outer);
  }

  private read(reader: WireReader): void {
    const { attributes, value } = this;
    let timeAt = 0;
    let spanIdAt = 0;
    let spanIdLength = 0;
    let traceIdAt = 0;
    let traceIdLength = 0;
    attributes.clear();
    value.clear();
    while (reader.position < reader.end) {
      const tag = reader.tag();
      switch (tag) {
        case fixed64(2):
          timeAt = reader.position;
          reader.advance(8);
          break;
        case fixed64(3):
          value.read(reader, false);
          break;
        case lengthDelimited(4):
          spanIdLength = reader.length();
          spanIdAt = reader.position;
          reader.position += spanIdLength;
          break;
        case lengthDelimited(5):
          traceIdLength = reader.length();
          traceIdAt = reader.position;
          reader.position += traceIdLength;
          break;
        case fixed64(6):
          value.read(reader, true);
          break;
        case lengthDelimited(7):
          attributes.add(reader);
          break;
        default:
          reader.skip(tag);
      }
    }
    this.count++;
    this.times.time(reader, timeAt);
    value.write(reader, this.valueTypes, this.values, this.intValues);
    this.traceIds.fixedString(reader, traceIdAt, traceIdLength, 16);
    this.spanIds.fixedString(reader, spanIdAt, spanIdLength, 8);
    this.cut |= attributes.writeMap(reader, this.maps, 0);
    attributes.writeTypes(this.types);
  }

  write(out: RowWriter): void {
    const { count } = this;
    if (count === 0) {
      out.zeros(8);
      return;
    }
    out.array(count, this.times);
    out.array(count, this.valueTypes);
    out.array(count, this.values);
    out.array(count, this.intValues);
    out.array(count, this.traceIds);
    out.array(count, this.spanIds);
    out.array(count, this.maps);
    out.array(count, this.types);
  }
}
