/** Data points of all kinds, each a row. What a point has in common with the others of its metric is not its own to add. */
import { cut } from '../limits.ts';
import type { BlockMemory } from '../native/block-memory.ts';
import { LowCardinalityColumn } from '../native/low-cardinality-column.ts';
import { MapColumn } from '../native/map-column.ts';
import { PlainColumn } from '../native/plain-column.ts';
import { fixed64, lengthDelimited, varint, type WireReader } from '../wire.ts';
import { AttributeMap } from './attribute-map.ts';
import { Distribution, distributionColumns } from './distribution.ts';
import { MessageFields } from './message-fields.ts';
import { addNumber, type NumberColumns } from './number-value.ts';
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

/** The kinds of metrics, as the column `kind` has them. */
export const metricKind = { gauge: 1, sum: 2, histogram: 3, exponentialHistogram: 4, summary: 5 } as const;
export type MetricKind = (typeof metricKind)[keyof typeof metricKind];

export const isNumber = (kind: MetricKind): boolean => kind === metricKind.gauge || kind === metricKind.sum;

export class DataPointWriter {
  private readonly columns: ReturnType<typeof dataPointColumns>;
  private readonly attributes: AttributeMap;
  private readonly exemplars: PointExemplars;
  private readonly number: NumberColumns;
  private readonly distribution: Distribution;
  private readonly numberFields = numberFields();
  private readonly histogramFields = histogramFields();
  private readonly exponentialFields = exponentialFields();
  private readonly summaryFields = summaryFields();

  constructor(columns: ReturnType<typeof dataPointColumns>) {
    this.columns = columns;
    this.attributes = new AttributeMap(columns.attributes, columns.attribute_types);
    this.exemplars = new PointExemplars(columns);
    const { value_type, value, value_int } = columns;
    this.number = { types: value_type.values, doubles: value.values, ints: value_int.values };
    this.distribution = new Distribution(columns);
  }

  /** Counts of buckets of exponential histograms, of all points so far. */
  get exponentialCounts(): number {
    const { positive, negative } = this.distribution;
    return positive.total + negative.total;
  }

  startRequest(): void {
    this.distribution.startRequest();
  }

  endRequest(): void {
    this.distribution.flush();
  }

  /** Adds the point that the reader has entered. Returns what was cut, as bits of `cut`. Leaves the reader anywhere in it. */
  add(reader: WireReader, kind: MetricKind): number {
    this.attributes.clear();
    this.exemplars.clear();
    switch (kind) {
      case metricKind.gauge:
      case metricKind.sum:
        return this.addNumber(reader);
      case metricKind.histogram:
        return this.addHistogram(reader);
      case metricKind.exponentialHistogram:
        return this.addExponentialHistogram(reader);
      case metricKind.summary:
        return this.addSummary(reader);
    }
  }

  /** So many points of this kind were added: adds the columns of the other kinds to them, at once. */
  endMetric(kind: MetricKind, points: number): void {
    if (isNumber(kind)) {
      this.distribution.addNone(points);
      return;
    }
    this.number.types.zeros(points);
    this.number.doubles.zeros(8 * points);
    this.number.ints.zeros(8 * points);
  }

  private addNumber(reader: WireReader): number {
    const { numberFields: fields, attributes, exemplars } = this;
    fields.clear();
    for (let tag = fields.next(reader); tag !== 0; tag = fields.next(reader)) {
      if (tag === lengthDelimited(7)) attributes.add(reader, tag);
      else exemplars.add(reader);
    }
    addNumber(reader, fields.at[4]!, fields.at[6]!, this.number);
    return this.end(reader, fields, 8);
  }

  private addHistogram(reader: WireReader): number {
    const { histogramFields: fields, attributes, exemplars, distribution } = this;
    fields.clear();
    distribution.start();
    for (let tag = fields.next(reader); tag !== 0; tag = fields.next(reader)) {
      if (tag === lengthDelimited(9)) attributes.add(reader, tag);
      else if (tag === lengthDelimited(8)) exemplars.add(reader);
      else distribution.readNumbers(reader, tag, tag >>> 3 === 6 ? distribution.bucketCounts : distribution.bounds);
    }
    distribution.end(reader, fields, { count: 4, sum: 5, min: 11, max: 12, scale: 0, zeroCount: 0, zeroThreshold: 0 });
    return this.end(reader, fields, 10);
  }

  private addExponentialHistogram(reader: WireReader): number {
    const { exponentialFields: fields, attributes, exemplars, distribution } = this;
    fields.clear();
    distribution.start();
    for (let tag = fields.next(reader); tag !== 0; tag = fields.next(reader)) {
      if (tag === lengthDelimited(1)) attributes.add(reader, tag);
      else if (tag === lengthDelimited(11)) exemplars.add(reader);
      else (tag === lengthDelimited(8) ? distribution.positive : distribution.negative).read(reader);
    }
    distribution.end(reader, fields, { count: 4, sum: 5, min: 12, max: 13, scale: 6, zeroCount: 7, zeroThreshold: 14 });
    return this.end(reader, fields, 10);
  }

  private addSummary(reader: WireReader): number {
    const { summaryFields: fields, attributes, distribution } = this;
    fields.clear();
    distribution.start();
    for (let tag = fields.next(reader); tag !== 0; tag = fields.next(reader)) {
      if (tag === lengthDelimited(7)) attributes.add(reader, tag);
      else distribution.readQuantile(reader);
    }
    // its sum is always known: where it is not there it is 0
    distribution.sumIsRequired = true;
    distribution.end(reader, fields, { count: 4, sum: 5, min: 0, max: 0, scale: 0, zeroCount: 0, zeroThreshold: 0 });
    return this.end(reader, fields, 8);
  }

  /** Adds what all kinds have. */
  private end(reader: WireReader, { at, value }: MessageFields, flags: number): number {
    const { columns, attributes, exemplars } = this;
    columns.start_time_unix_nano.values.fixed64(reader, at[2]!);
    columns.time.values.time(reader, at[3]!);
    columns.flags.values.uint32(value[flags]!);
    const cutHere = attributes.end(reader, 0);
    columns.attributes.end();
    columns.attribute_types.add(attributes.typesNumber());
    exemplars.end();
    return cutHere | exemplars.cut | (exemplars.dropped > 0 ? cut.exemplars : 0);
  }
}

/** Start and end in 2 and 3, as in all kinds; a double in 4 or an int in 6; attributes in 7, exemplars in 5, flags in 8. */
const numberFields = () =>
  new MessageFields([...[2, 3, 4, 6].map(fixed64), varint(8)], [lengthDelimited(7), lengthDelimited(5)]);

/** Count 4, sum 5, bucket counts 6, bounds 7, exemplars 8, attributes 9, flags 10, min 11, max 12. */
const histogramFields = () =>
  new MessageFields(
    [...[2, 3, 4, 5, 11, 12].map(fixed64), varint(10)],
    [...[6, 7].map(fixed64), ...[6, 7, 8, 9].map(lengthDelimited)],
  );

/** Attributes 1, count 4, sum 5, scale 6, zero count 7, buckets 8 and 9, flags 10, exemplars 11, min 12, max 13, zero threshold 14. */
const exponentialFields = () =>
  new MessageFields(
    [...[2, 3, 4, 5, 7, 12, 13, 14].map(fixed64), varint(6), varint(10)],
    [1, 8, 9, 11].map(lengthDelimited),
  );

/** Count 4, sum 5, quantiles 6, attributes 7, flags 8. */
const summaryFields = () => new MessageFields([...[2, 3, 4, 5].map(fixed64), varint(8)], [6, 7].map(lengthDelimited));
