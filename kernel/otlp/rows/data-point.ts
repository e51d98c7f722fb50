/** A data point of any kind, between its reading (data-point-fields.ts) and its row. */

import { cut, limits } from '../limits.ts';
import { lengthDelimited, varint, type WireReader } from '../wire.ts';
import { AttributeList } from './attribute-list.ts';
import { NumberValue } from './number-value.ts';
import { PointExemplars } from './point-exemplars.ts';
import { RowWriter } from './row-binary.ts';

export const dataPointColumns = [
  ['attributes', 'Map(LowCardinality(String), String)'],
  ['attribute_types', 'LowCardinality(String)'],
  ['time', "DateTime64(9, 'UTC')"],
  ['start_time_unix_nano', 'UInt64'],
  ['flags', 'UInt32'],
  ['value_type', "Enum8('none' = 0, 'double' = 1, 'int' = 2)"],
  ['value', 'Float64'],
  ['value_int', 'Int64'],
  ['exemplars.time', "Array(DateTime64(9, 'UTC'))"],
  ['exemplars.value_type', "Array(Enum8('none' = 0, 'double' = 1, 'int' = 2))"],
  ['exemplars.value', 'Array(Float64)'],
  ['exemplars.value_int', 'Array(Int64)'],
  ['exemplars.trace_id', 'Array(FixedString(16))'],
  ['exemplars.span_id', 'Array(FixedString(8))'],
  ['exemplars.attributes', 'Array(Map(LowCardinality(String), String))'],
  ['exemplars.attribute_types', 'Array(LowCardinality(String))'],
  ['count', 'UInt64'],
  ['sum', 'Nullable(Float64)'],
  ['min', 'Nullable(Float64)'],
  ['max', 'Nullable(Float64)'],
  ['bounds', 'Array(Float64)'],
  ['bucket_counts', 'Array(UInt64)'],
  ['scale', 'Int32'],
  ['zero_count', 'UInt64'],
  ['zero_threshold', 'Float64'],
  ['positive_offset', 'Int32'],
  ['positive_counts', 'Array(UInt64)'],
  ['negative_offset', 'Int32'],
  ['negative_counts', 'Array(UInt64)'],
  ['quantiles', 'Array(Float64)'],
  ['quantile_values', 'Array(Float64)'],
] as const;

/** Where fields are in the request (0: not there), and those that are not one run of bytes there, collected. */
export class DataPoint {
  readonly attributes = new AttributeList();
  readonly exemplars = new PointExemplars();
  readonly value = new NumberValue();
  timeAt = 0;
  startTimeAt = 0;
  flags = 0;
  /** Whether it has any of the fields below: number points have none. */
  isDistribution = false;
  countAt = 0;
  sumAt = 0;
  /** A Summary's sum is always known: where it is not there it is 0. */
  sumIsRequired = false;
  minAt = 0;
  maxAt = 0;
  scale = 0;
  zeroCountAt = 0;
  zeroThresholdAt = 0;
  readonly bounds = new RowWriter(256, limits.rowsBytes);
  readonly bucketCounts = new RowWriter(256, limits.rowsBytes);
  readonly positive = new Buckets();
  readonly negative = new Buckets();
  readonly quantiles = new RowWriter(64, limits.rowsBytes);
  readonly quantileValues = new RowWriter(64, limits.rowsBytes);

  clear(): void {
    this.attributes.clear();
    this.exemplars.clear();
    this.value.clear();
    this.timeAt = 0;
    this.startTimeAt = 0;
    this.flags = 0;
    if (!this.isDistribution) return;
    this.isDistribution = false;
    this.countAt = 0;
    this.sumAt = 0;
    this.sumIsRequired = false;
    this.minAt = 0;
    this.maxAt = 0;
    this.scale = 0;
    this.zeroCountAt = 0;
    this.zeroThresholdAt = 0;
    this.bounds.clear();
    this.bucketCounts.clear();
    this.positive.clear();
    this.negative.clear();
    this.quantiles.clear();
    this.quantileValues.clear();
  }

  /** Writes the columns. Returns what was cut, as bits of `cut`. */
  write(reader: WireReader, out: RowWriter): number {
    const cutHere = this.attributes.writeMap(reader, out, 0);
    this.attributes.writeTypes(out);
    out.time(reader, this.timeAt);
    out.fixed64(reader, this.startTimeAt);
    out.uint32(this.flags);
    this.value.write(reader, out, out, out);
    this.exemplars.write(out);
    if (this.isDistribution) this.writeDistribution(reader, out);
    else out.append(noDistribution);
    return cutHere | this.exemplars.cut | (this.exemplars.dropped > 0 ? cut.exemplars : 0);
  }

  private writeDistribution(reader: WireReader, out: RowWriter): void {
    out.fixed64(reader, this.countAt);
    writeNullable(reader, this.sumAt, out, this.sumIsRequired);
    writeNullable(reader, this.minAt, out, false);
    writeNullable(reader, this.maxAt, out, false);
    out.array(this.bounds.position / 8, this.bounds);
    out.array(this.bucketCounts.position / 8, this.bucketCounts);
    out.uint32(this.scale);
    out.fixed64(reader, this.zeroCountAt);
    out.fixed64(reader, this.zeroThresholdAt);
    this.positive.write(out);
    this.negative.write(out);
    out.array(this.quantiles.position / 8, this.quantiles);
    out.array(this.quantileValues.position / 8, this.quantileValues);
  }
}

const writeNullable = (reader: WireReader, at: number, out: RowWriter, isRequired: boolean): void => {
  const isNull = at === 0 && !isRequired;
  out.byte(isNull ? 1 : 0);
  if (!isNull) out.fixed64(reader, at);
};

/** What `writeDistribution` writes when nothing was sent: zeros, but for the three that are NULL. */
const noDistribution = new Uint8Array(45).fill(1, 8, 11);

/** Buckets of an exponential histogram. */
class Buckets {
  private offset = 0;
  private readonly counts = new RowWriter(256, limits.rowsBytes);

  clear(): void {
    this.offset = 0;
    this.counts.clear();
  }

  /** Takes the Buckets whose length comes next, in place of those taken before. */
  read(reader: WireReader): void {
    this.clear();
    const outer = reader.enter();
    while (reader.position < reader.end) {
      const tag = reader.tag();
      if (tag === varint(1)) this.offset = reader.zigzag32();
      else if (tag === varint(2)) this.readCount(reader);
      else if (tag === lengthDelimited(2)) {
        const bucketsEnd = reader.enter();
        while (reader.position < reader.end) this.readCount(reader);
        reader.leave(bucketsEnd);
      } else reader.skip(tag);
    }
    reader.leave(outer);
  }

  private readCount(reader: WireReader): void {
    reader.varint64();
    this.counts.uint64(reader.low, reader.high);
  }

  write(out: RowWriter): void {
    out.uint32(this.offset);
    out.array(this.counts.position / 8, this.counts);
  }
}
