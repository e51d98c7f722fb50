/** The exemplars of a data point, as the columns `exemplars.*`: parallel arrays. */

import { limits } from '../limits.ts';
import { ArrayColumn, ArrayEnds } from '../native/array-column.ts';
import type { BlockMemory } from '../native/block-memory.ts';
import type { ByteBuffer } from '../native/byte-buffer.ts';
import { LowCardinalityColumn } from '../native/low-cardinality-column.ts';
import { MapColumn } from '../native/map-column.ts';
import { PlainColumn } from '../native/plain-column.ts';
import { fixed64, lengthDelimited, type WireReader } from '../wire.ts';
import { AttributeMap } from './attribute-map.ts';
import { NumberValue } from './number-value.ts';

export const exemplarColumns = (memory: BlockMemory) => {
  const ends = new ArrayEnds(memory);
  const plain = (type: string) => new ArrayColumn(ends, new PlainColumn(memory, type));
  return {
    'exemplars.time': plain("DateTime64(9, 'UTC')"),
    'exemplars.value_type': plain("Enum8('none' = 0, 'double' = 1, 'int' = 2)"),
    'exemplars.value': plain('Float64'),
    'exemplars.value_int': plain('Int64'),
    'exemplars.trace_id': plain('FixedString(16)'),
    'exemplars.span_id': plain('FixedString(8)'),
    'exemplars.attributes': new ArrayColumn(ends, new MapColumn(memory)),
    'exemplars.attribute_types': new ArrayColumn(ends, new LowCardinalityColumn(memory)),
  };
};

export class PointExemplars {
  /** Exemplars of this point beyond the limit, and what was cut of those kept, as bits of `cut`. */
  dropped = 0;
  cut = 0;
  private count = 0;
  private readonly value = new NumberValue();
  private readonly ends: ArrayEnds;
  private readonly times: ByteBuffer;
  private readonly valueTypes: ByteBuffer;
  private readonly values: ByteBuffer;
  private readonly intValues: ByteBuffer;
  private readonly traceIds: ByteBuffer;
  private readonly spanIds: ByteBuffer;
  private readonly maps: MapColumn;
  private readonly types: LowCardinalityColumn;
  private readonly attributes: AttributeMap;

  constructor(columns: ReturnType<typeof exemplarColumns>) {
    this.ends = columns['exemplars.time'].ends;
    this.times = columns['exemplars.time'].elements.values;
    this.valueTypes = columns['exemplars.value_type'].elements.values;
    this.values = columns['exemplars.value'].elements.values;
    this.intValues = columns['exemplars.value_int'].elements.values;
    this.traceIds = columns['exemplars.trace_id'].elements.values;
    this.spanIds = columns['exemplars.span_id'].elements.values;
    this.maps = columns['exemplars.attributes'].elements;
    this.types = columns['exemplars.attribute_types'].elements;
    this.attributes = new AttributeMap(this.maps, this.types);
  }

  /** Starts the next point. */
  clear(): void {
    this.dropped = 0;
    this.cut = 0;
    this.count = 0;
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
          attributes.add(reader, tag);
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
    this.cut |= attributes.end(reader, 0);
    this.maps.end();
    this.types.add(attributes.typesNumber());
  }

  /** The point has no more exemplars. */
  end(): void {
    this.ends.add(this.times.position / 8);
  }
}
