/**
 * What histograms, exponential histograms and summaries have and number points have not. Where fields are in the request
 * is held until the point has ended; what comes in several runs of bytes goes straight to its column.
 */
import { ArrayColumn, ArrayEnds } from '../native/array-column.ts';
import type { BlockMemory } from '../native/block-memory.ts';
import type { ByteBuffer } from '../native/byte-buffer.ts';
import { NullableColumn } from '../native/nullable-column.ts';
import { PlainColumn } from '../native/plain-column.ts';
import { fixed64, lengthDelimited, varint, WireError, type WireReader } from '../wire.ts';
import { MessageFields } from './message-fields.ts';

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

/** In which field of its message each is; 0: in none. */
export interface DistributionFields {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly scale: number;
  readonly zeroCount: number;
  readonly zeroThreshold: number;
}

export class Distribution {
  /** A point without a sum has 0, not NULL. */
  sumIsRequired = false;
  readonly bounds: ByteBuffer;
  readonly bucketCounts: ByteBuffer;
  readonly positive: Buckets;
  readonly negative: Buckets;
  private readonly columns: ReturnType<typeof distributionColumns>;
  private readonly quantile = new MessageFields([fixed64(1), fixed64(2)]);
  /** Points before this one that were none, and are not in the columns yet: together they cost less. */
  private none = 0;

  constructor(columns: ReturnType<typeof distributionColumns>) {
    this.columns = columns;
    this.bounds = columns.bounds.elements.values;
    this.bucketCounts = columns.bucket_counts.elements.values;
    this.positive = new Buckets(columns.positive_counts.elements.values);
    this.negative = new Buckets(columns.negative_counts.elements.values);
  }

  startRequest(): void {
    this.none = 0;
  }

  /** A point begins. */
  start(): void {
    this.flush();
    this.sumIsRequired = false;
    this.positive.start();
    this.negative.start();
  }

  /** Takes an element of a repeated fixed64 or double, or a run of them. Parsers must take these packed and one by one. */
  readNumbers(reader: WireReader, tag: number, into: ByteBuffer): void {
    const length = (tag & 7) === 2 ? reader.length() : 8;
    if (length % 8 !== 0) throw new WireError('packed numbers of 8 bytes, but not a multiple of 8,', reader.position);
    const at = reader.position;
    reader.advance(length);
    into.copy(reader, at, length);
  }

  /** Takes the ValueAtQuantile whose length comes next. */
  readQuantile(reader: WireReader): void {
    const { quantile, columns } = this;
    const outer = reader.enter();
    quantile.clear();
    quantile.next(reader);
    columns.quantiles.elements.values.fixed64(reader, quantile.at[1]!);
    columns.quantile_values.elements.values.fixed64(reader, quantile.at[2]!);
    reader.leave(outer);
  }

  /** The point has ended. */
  end(reader: WireReader, { at, value }: MessageFields, field: DistributionFields): void {
    const { columns } = this;
    const scale = value[field.scale]!;
    columns.count.values.fixed64(reader, at[field.count]!);
    if (this.sumIsRequired) columns.sum.add(reader, at[field.sum]!);
    else addNullable(columns.sum, reader, at[field.sum]!);
    addNullable(columns.min, reader, at[field.min]!);
    addNullable(columns.max, reader, at[field.max]!);
    columns.scale.values.uint32(zigzag(scale));
    columns.zero_count.values.fixed64(reader, at[field.zeroCount]!);
    columns.zero_threshold.values.fixed64(reader, at[field.zeroThreshold]!);
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

/** A sint32 as it is in a varint. */
const zigzag = (value: number): number => (value >>> 1) ^ -(value & 1);

/** Buckets of an exponential histogram. */
class Buckets {
  offset = 0;
  private readonly counts: ByteBuffer;
  private firstAt = 0;

  constructor(counts: ByteBuffer) {
    this.counts = counts;
  }

  /** Counts of all points so far. */
  get total(): number {
    return this.counts.position / 8;
  }

  /** A point begins. */
  start(): void {
    this.offset = 0;
    this.firstAt = this.counts.position;
  }

  /** Takes the Buckets whose length comes next, in place of those taken before. */
  read(reader: WireReader): void {
    this.offset = 0;
    this.counts.position = this.firstAt;
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
