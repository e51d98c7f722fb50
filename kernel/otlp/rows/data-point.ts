/** A data point of any kind, between its reading (data-point-fields.ts) and its row. */
import { cut } from '../limits.ts';
import type { BlockMemory } from '../native/block-memory.ts';
import { LowCardinalityColumn } from '../native/low-cardinality-column.ts';
import { MapColumn } from '../native/map-column.ts';
import { PlainColumn } from '../native/plain-column.ts';
import type { WireReader } from '../wire.ts';
import { AttributeMap } from './attribute-map.ts';
import { Distribution, distributionColumns } from './distribution.ts';
import { NumberValue } from './number-value.ts';
import { exemplarColumns, PointExemplars } from './point-exemplars.ts';

export const dataPointColumns = (memory: BlockMemory) => ({
  attributes: new MapColumn(memory),
  attribute_types: new LowCardinalityColumn(memory),
  time: new PlainColumn(memory, "DateTime64(9, 'UTC')"),
  start_time_unix_nano: new PlainColumn(memory, 'UInt64'),
  flags: new PlainColumn(memory, 'UInt32'),
  value_type: new PlainColumn(memory, "Enum8('none' = 0, 'double' = 1, 'int' = 2)"),
  value: new PlainColumn(memory, 'Float64'),
  value_int: new PlainColumn(memory, 'Int64'),
  ...exemplarColumns(memory),
  ...distributionColumns(memory),
});

/** Where fields are in the request; 0: not there. */
export class DataPoint {
  readonly attributes: AttributeMap;
  readonly exemplars: PointExemplars;
  readonly value = new NumberValue();
  timeAt = 0;
  startTimeAt = 0;
  flags = 0;
  readonly distribution: Distribution;
  private readonly columns: ReturnType<typeof dataPointColumns>;

  constructor(columns: ReturnType<typeof dataPointColumns>) {
    this.columns = columns;
    this.attributes = new AttributeMap(columns.attributes, columns.attribute_types);
    this.exemplars = new PointExemplars(columns);
    this.distribution = new Distribution(columns);
  }

  /** Starts the next point. */
  clear(): void {
    this.attributes.clear();
    this.exemplars.clear();
    this.value.clear();
    this.timeAt = 0;
    this.startTimeAt = 0;
    this.flags = 0;
  }

  /**
   * The point has ended, and adds what all kinds have. The columns of its kind (`value.add`, `distribution.end`) and those
   * of the others are added elsewhere. Returns what was cut, as bits of `cut`.
   */
  end(reader: WireReader): number {
    const { columns, attributes, exemplars } = this;
    const cutHere = attributes.end(reader, 0);
    columns.attributes.end();
    columns.attribute_types.add(attributes.typesNumber());
    columns.time.values.time(reader, this.timeAt);
    columns.start_time_unix_nano.values.fixed64(reader, this.startTimeAt);
    columns.flags.values.uint32(this.flags);
    exemplars.end();
    return cutHere | exemplars.cut | (exemplars.dropped > 0 ? cut.exemplars : 0);
  }

  endNumber(reader: WireReader): void {
    const { value_type, value, value_int } = this.columns;
    this.value.write(reader, value_type.values, value.values, value_int.values);
  }

  /** So many points were no numbers. */
  addNoNumbers(points: number): void {
    const { value_type, value, value_int } = this.columns;
    value_type.values.zeros(points);
    value.values.zeros(8 * points);
    value_int.values.zeros(8 * points);
  }
}
