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
import { MessageFields } from './message-fields.ts';
import { addNumber, type NumberColumns } from './number-value.ts';

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
  private readonly ends: ArrayEnds;
  private readonly times: ByteBuffer;
  private readonly number: NumberColumns;
  private readonly traceIds: ByteBuffer;
  private readonly spanIds: ByteBuffer;
  private readonly maps: MapColumn;
  private readonly types: LowCardinalityColumn;
  private readonly attributes: AttributeMap;
  private readonly fields = exemplarFields();

  constructor(columns: ReturnType<typeof exemplarColumns>) {
    this.ends = columns['exemplars.time'].ends;
    this.times = columns['exemplars.time'].elements.values;
    this.number = {
      types: columns['exemplars.value_type'].elements.values,
      doubles: columns['exemplars.value'].elements.values,
      ints: columns['exemplars.value_int'].elements.values,
    };
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
    const { fields, attributes } = this;
    const { at, value } = fields;
    fields.clear();
    attributes.clear();
    for (let tag = fields.next(reader); tag !== 0; tag = fields.next(reader)) attributes.add(reader, tag);
    this.count++;
    this.times.time(reader, at[field.time]!);
    addNumber(reader, at[field.double]!, at[field.int]!, this.number);
    this.traceIds.fixedString(reader, at[field.traceId]!, value[field.traceId]!, 16);
    this.spanIds.fixedString(reader, at[field.spanId]!, value[field.spanId]!, 8);
    this.cut |= attributes.end(reader, 0);
    this.maps.end();
    this.types.add(attributes.typesNumber());
  }

  /** The point has no more exemplars. */
  end(): void {
    this.ends.add(this.times.position / 8);
  }
}

const field = { time: 2, double: 3, spanId: 4, traceId: 5, int: 6, attributes: 7 } as const;

const exemplarFields = () =>
  new MessageFields(
    [...[field.time, field.double, field.int].map(fixed64), ...[field.spanId, field.traceId].map(lengthDelimited)],
    [lengthDelimited(field.attributes)],
  );
