/**
 * From an ExportMetricsServiceRequest to rows of the table `metric_points`, a row per data point of any kind.
 * Field numbers: opentelemetry/proto/metrics/v1/metrics.proto.
 */

import { cutName, limits } from '../limits.ts';
import { lengthDelimited, varint, type WireReader } from '../wire.ts';
import { AttributeList } from './attribute-list.ts';
import { DataPoint, dataPointColumns } from './data-point.ts';
import {
  readExponentialHistogramPoint,
  readHistogramPoint,
  readNumberPoint,
  readSummaryPoint,
} from './data-point-fields.ts';
import { RowWriter } from './row-binary.ts';
import { headColumns, type RowHead } from './row-head.ts';
import { type Columns, defineTranscoder, type RecordWriter, type Transcoded } from './transcoder.ts';

const columns: Columns = [
  ...headColumns,
  ['metric', 'LowCardinality(String)'],
  ['description', 'LowCardinality(String)'],
  ['unit', 'LowCardinality(String)'],
  ['metadata', 'Map(LowCardinality(String), String)'],
  ['metadata_types', 'LowCardinality(String)'],
  ['kind', "Enum8('gauge' = 1, 'sum' = 2, 'histogram' = 3, 'exponential_histogram' = 4, 'summary' = 5)"],
  ['temporality', "Enum8('unspecified' = 0, 'delta' = 1, 'cumulative' = 2)"],
  ['monotonic', 'Bool'],
  ...dataPointColumns,
];

/** Its `transcode` keeps scratch space between calls: one per sink, never shared. */
export const metricsTranscoder = () => defineTranscoder('metric_points', columns, () => new MetricWriter());

/** The field of a Metric each kind comes in, its value in the column `kind`, and how its points are read. */
const kinds = [
  { tag: lengthDelimited(5), kind: 1, readPoint: readNumberPoint },
  { tag: lengthDelimited(7), kind: 2, readPoint: readNumberPoint },
  { tag: lengthDelimited(9), kind: 3, readPoint: readHistogramPoint },
  { tag: lengthDelimited(10), kind: 4, readPoint: readExponentialHistogramPoint },
  { tag: lengthDelimited(11), kind: 5, readPoint: readSummaryPoint },
] as const;
type Kind = (typeof kinds)[number];

class MetricWriter implements RecordWriter {
  /** The columns of the resource, the scope and the metric. */
  private readonly head = new RowWriter(4096, limits.rowsBytes);
  private readonly metadata = new AttributeList();
  private readonly point = new DataPoint();

  startRequest(): void {}

  /** Fields may come in any order and the last kind counts, so the metric is looked over before its points are read. */
  writeRecord(reader: WireReader, resourceAndScope: RowHead, out: RowWriter, counts: Transcoded): void {
    const { head, metadata } = this;
    let nameAt = 0;
    let nameLength = 0;
    let descriptionAt = 0;
    let descriptionLength = 0;
    let unitAt = 0;
    let unitLength = 0;
    let data: Kind | undefined;
    let dataAt = 0;
    let dataLength = 0;
    metadata.clear();
    while (reader.position < reader.end) {
      const tag = reader.tag();
      switch (tag) {
        case lengthDelimited(1):
          nameLength = reader.length();
          nameAt = reader.position;
          reader.position += nameLength;
          break;
        case lengthDelimited(2):
          descriptionLength = reader.length();
          descriptionAt = reader.position;
          reader.position += descriptionLength;
          break;
        case lengthDelimited(3):
          unitLength = reader.length();
          unitAt = reader.position;
          reader.position += unitLength;
          break;
        case lengthDelimited(12):
          metadata.add(reader);
          break;
        default: {
          const kind = kinds.find((known) => known.tag === tag);
          if (kind === undefined) reader.skip(tag);
          else {
            data = kind;
            dataLength = reader.length();
            dataAt = reader.position;
            reader.position += dataLength;
          }
        }
      }
    }
    if (data === undefined) return;

    head.clear();
    head.append(resourceAndScope.bytes);
    head.text(reader, nameAt, nameLength, limits.nameBytes);
    head.text(reader, descriptionAt, descriptionLength, limits.nameBytes);
    head.text(reader, unitAt, unitLength, limits.nameBytes);
    const cutHere = cutName(nameLength) | cutName(descriptionLength) | cutName(unitLength);
    const headCut = metadata.writeMap(reader, head, cutHere) | resourceAndScope.cut;
    metadata.writeTypes(head);
    head.byte(data.kind);
    const recordEnd = reader.end;
    reader.position = dataAt;
    reader.end = dataAt + dataLength;
    writeStream(reader, head);
    reader.position = dataAt;
    this.writePoints(reader, data, headCut, out, counts);
    reader.end = recordEnd;
  }

  private writePoints(
    reader: WireReader,
    { readPoint }: Kind,
    headCut: number,
    out: RowWriter,
    counts: Transcoded,
  ): void {
    const head = this.head.written();
    const { point } = this;
    while (reader.position < reader.end) {
      const tag = reader.tag();
      if (tag !== lengthDelimited(1)) {
        reader.skip(tag);
        continue;
      }
      const outer = reader.enter();
      point.clear();
      readPoint(reader, point);
      reader.leave(outer);
      out.append(head);
      const cutInAll = point.write(reader, out) | headCut;
      counts.rows++;
      if (cutInAll !== 0) counts.cutRows++;
    }
  }
}

/** Temporality and monotonicity, which may stand before or after the points of a Sum, Histogram or ExponentialHistogram. */
const writeStream = (reader: WireReader, head: RowWriter): void => {
  let temporality = 0;
  let monotonic = false;
  while (reader.position < reader.end) {
    const tag = reader.tag();
    if (tag === varint(2)) temporality = reader.varint32();
    else if (tag === varint(3)) monotonic = reader.bool();
    else reader.skip(tag);
  }
  head.byte(temporality > 2 ? 0 : temporality);
  head.byte(monotonic ? 1 : 0);
};
