/**
 * What histograms, exponential histograms and summaries have and number points have not. Where fields are in the request
 * is held until the point has ended; what comes in several runs of bytes goes straight to its column.
 */
import { ArrayColumn, ArrayEnds } from '../native/array-column.ts';
import type { BlockMemory } from '../native/block-memory.ts';
import type { ByteBuffer } from '../native/byte-buffer.ts';
import { NullableColumn } from '../native/nullable-column.ts';
import { PlainColumn } from '../native/plain-column.ts';
import { lengthDelimited, varint, type WireReader } from '../wire.ts';

export const distributionColumns = (memory: BlockMemory) => {
  const quantileEnds = new ArrayEnds(memory);
  const array = (type: string, ends = new ArrayEnds(memory)) => new ArrayColumn(ends, new PlainColumn(memory, type));
  return {
    count: new PlainColumn(memory, 'UInt64'),
    sum: new NullableColumn(memory),
    min: new NullableColumn(memory),
    max: new NullableColumn(memory),
    bounds: array('Float64'),
    bucket_counts: array('UInt64'),
    scale: new PlainColumn(memory, 'Int32'),
    zero_count: new PlainColumn(memory, 'UInt64'),
    zero_threshold: new PlainColumn(memory, 'Float64'),
    positive_offset: new PlainColumn(memory, 'Int32'),
    positive_counts: array('UInt64'),
    negative_offset: new PlainColumn(memory, 'Int32'),
    negative_counts: array('UInt64'),
    quantiles: array('Float64', quantileEnds),
    quantile_values: array('Float64', quantileEnds),
  };
};

export class Distribution {
  countAt = 0;
  sumAt = 0;
  /** A Summary's sum is always known: where it is not there it is 0. */
  sumIsRequired = false;
  minAt = 0;
  maxAt = 0;
  scale = 0;
  zeroCountAt = 0;
  zeroThresholdAt = 0;
  readonly bounds: ByteBuffer;
  readonly bucketCounts: ByteBuffer;
  readonly positive: Buckets;
  readonly negative: Buckets;
  readonly quantiles: ByteBuffer;
  readonly quantileValues: ByteBuffer;
  private readonly columns: ReturnType<typeof distributionColumns>;
  /** Points before this one that were none, and are not in the columns yet: together they cost less. */
  private none = 0;

  constructor(columns: ReturnType<typeof distributionColumns>) {
    this.columns = columns;
    this.bounds = columns.bounds.elements.values;
    this.bucketCounts = columns.bucket_counts.elements.values;
    this.positive = new Buckets(columns.positive_counts.elements.values);
    this.negative = new Buckets(columns.negative_counts.elements.values);
    this.quantiles = columns.quantiles.elements.values;
    this.quantileValues = columns.quantile_values.elements.values;
  }

  startRequest(): void {
    this.none = 0;
  }

  /** Starts the next point. */
  clear(): void {
    this.flush();
    this.countAt = 0;
    this.sumAt = 0;
    this.sumIsRequired = false;
    this.minAt = 0;
    this.maxAt = 0;
    this.scale = 0;
    this.zeroCountAt = 0;
    this.zeroThresholdAt = 0;
    this.positive.clear();
    this.negative.clear();
  }

  /** The point has ended. */
  end(reader: WireReader): void {
    const { columns } = this;
    columns.count.values.fixed64(reader, this.countAt);
    if (this.sumIsRequired) columns.sum.add(reader, this.sumAt);
    else addNullable(columns.sum, reader, this.sumAt);
    addNullable(columns.min, reader, this.minAt);
    addNullable(columns.max, reader, this.maxAt);
    columns.scale.values.uint32(this.scale);
    columns.zero_count.values.fixed64(reader, this.zeroCountAt);
    columns.zero_threshold.values.fixed64(reader, this.zeroThresholdAt);
    columns.positive_offset.values.uint32(this.positive.offset);
    columns.negative_offset.values.uint32(this.negative.offset);
    this.endArrays(1);
  }

  /** So many points were none. */
  addNone(points: number): void {
    this.none += points;
  }

  /** Must be called when the request has ended. Of points that were none all is zero, but for three that are NULL. */
  flush(): void {
    const { columns, none: points } = this;
    if (points === 0) return;
    this.none = 0;
    columns.count.values.zeros(8 * points);
    columns.sum.addNull(points);
    columns.min.addNull(points);
    columns.max.addNull(points);
    columns.scale.values.zeros(4 * points);
    columns.zero_count.values.zeros(8 * points);
    columns.zero_threshold.values.zeros(8 * points);
    columns.positive_offset.values.zeros(4 * points);
    columns.negative_offset.values.zeros(4 * points);
    this.endArrays(points);
  }

  /** Ends the arrays of a point, or those of several that have none. */
  private endArrays(points: number): void {
    const { bounds, bucket_counts, positive_counts, negative_counts, quantiles } = this.columns;
    for (const { ends, elements } of [bounds, bucket_counts, positive_counts, negative_counts, quantiles]) {
      ends.add(elements.values.position / 8, points);
    }
  }
}

const addNullable = (column: NullableColumn, reader: WireReader, at: number): void => {
  if (at === 0) column.addNull();
  else column.add(reader, at);
};

/** Buckets of an exponential histogram. */
class Buckets {
  offset = 0;
  private readonly counts: ByteBuffer;
  private start = 0;

  constructor(counts: ByteBuffer) {
    this.counts = counts;
  }

  clear(): void {
    this.offset = 0;
    this.start = this.counts.position;
  }

  /** Takes the Buckets whose length comes next, in place of those taken before. */
  read(reader: WireReader): void {
    this.offset = 0;
    this.counts.position = this.start;
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
}
