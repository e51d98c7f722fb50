/**
 * From an ExportMetricsServiceRequest to rows of the table `metric_points`, a row per data point of any kind.
 * Field numbers: opentelemetry/proto/metrics/v1/metrics.proto.
 */

import { cutName, limits } from '../limits.ts';
import type { BlockMemory } from '../native/block-memory.ts';
import { LowCardinalityColumn } from '../native/low-cardinality-column.ts';
import { MapColumn, scratchPairs } from '../native/map-column.ts';
import { PlainColumn } from '../native/plain-column.ts';
import { lengthDelimited, varint, type WireReader } from '../wire.ts';
import { AttributeMap } from './attribute-map.ts';
import { DataPoint, dataPointColumns } from './data-point.ts';
import {
  readExponentialHistogramPoint,
  readHistogramPoint,
  readNumberPoint,
  readSummaryPoint,
} from './data-point-fields.ts';
import { headColumns } from './head-columns.ts';
import { defineTranscoder, type RecordWriter, type Transcoded } from './rows-block.ts';

const metricColumns = (memory: BlockMemory) => ({
  ...headColumns(memory),
  metric: new LowCardinalityColumn(memory),
  description: new LowCardinalityColumn(memory),
  unit: new LowCardinalityColumn(memory),
  metadata: new MapColumn(memory),
  metadata_types: new LowCardinalityColumn(memory),
  kind: new PlainColumn(
    memory,
    "Enum8('gauge' = 1, 'sum' = 2, 'histogram' = 3, 'exponential_histogram' = 4, 'summary' = 5)",
  ),
  temporality: new PlainColumn(memory, "Enum8('unspecified' = 0, 'delta' = 1, 'cumulative' = 2)"),
  monotonic: new PlainColumn(memory, 'Bool'),
  ...dataPointColumns(memory),
});

export const metricsTranscoder = () => defineTranscoder('metric_points', (memory) => new MetricWriter(memory));

/** The field of a Metric each kind comes in, its value in the column `kind`, and how its points are read. */
const kinds = [
  { tag: lengthDelimited(5), kind: 1, readPoint: readNumberPoint, isNumber: true },
  { tag: lengthDelimited(7), kind: 2, readPoint: readNumberPoint, isNumber: true },
  { tag: lengthDelimited(9), kind: 3, readPoint: readHistogramPoint, isNumber: false },
  { tag: lengthDelimited(10), kind: 4, readPoint: readExponentialHistogramPoint, isNumber: false },
  { tag: lengthDelimited(11), kind: 5, readPoint: readSummaryPoint, isNumber: false },
] as const;
type Kind = (typeof kinds)[number];

class MetricWriter implements RecordWriter {
  readonly columns;
  private readonly metadataPairs = scratchPairs(limits.rowsBytes);
  private readonly metadata: AttributeMap;
  private readonly point: DataPoint;

  constructor(memory: BlockMemory) {
    this.columns = metricColumns(memory);
    const { metadata, metadata_types } = this.columns;
    this.metadata = new AttributeMap({ pairs: this.metadataPairs, dictionary: metadata.dictionary }, metadata_types);
    this.point = new DataPoint(this.columns);
  }

  startRequest(): void {
    this.point.distribution.startRequest();
  }

  endRequest(): void {
    this.point.distribution.flush();
  }

  /** Fields may come in any order and the last kind counts, so the metric is looked over before its points are read. */
  writeRecord(reader: WireReader, counts: Transcoded): void {
    const { columns, metadata, metadataPairs } = this;
    let nameAt = 0;
    let nameLength = 0;
    let descriptionAt = 0;
    let descriptionLength = 0;
    let unitAt = 0;
    let unitLength = 0;
    let data: Kind | undefined;
    let dataAt = 0;
    let dataLength = 0;
    metadataPairs.keys.clear();
    metadataPairs.values.clear();
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
          metadata.add(reader, tag);
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

    const { rows, cutRows } = counts;
    const recordEnd = reader.end;
    reader.position = dataAt;
    reader.end = dataAt + dataLength;
    this.writePoints(reader, data, counts);
    const points = counts.rows - rows;
    reader.position = dataAt;
    this.writeStream(reader, points);
    reader.end = recordEnd;

    columns.metric.addTextTimes(reader, nameAt, nameLength, limits.nameBytes, points);
    columns.description.addTextTimes(reader, descriptionAt, descriptionLength, limits.nameBytes, points);
    columns.unit.addTextTimes(reader, unitAt, unitLength, limits.nameBytes, points);
    const cut = metadata.end(reader, cutName(nameLength) | cutName(descriptionLength) | cutName(unitLength));
    columns.metadata.add(metadataPairs, points);
    columns.metadata_types.addTimes(metadata.typesNumber(), points);
    columns.kind.values.byteTimes(data.kind, points);
    if (cut !== 0) counts.cutRows = cutRows + points;
  }

  private writePoints(reader: WireReader, { readPoint, isNumber }: Kind, counts: Transcoded): void {
    const { point } = this;
    const { rows } = counts;
    while (reader.position < reader.end) {
      const tag = reader.tag();
      if (tag !== lengthDelimited(1)) {
        reader.skip(tag);
        continue;
      }
      const outer = reader.enter();
      point.clear();
      if (!isNumber) point.distribution.clear();
      readPoint(reader, point);
      reader.leave(outer);
      if (point.end(reader) !== 0) counts.cutRows++;
      if (isNumber) point.endNumber(reader);
      else point.distribution.end(reader);
      counts.rows++;
    }
    // At once for all points, which are of one kind.
    if (isNumber) point.distribution.addNone(counts.rows - rows);
    else point.addNoNumbers(counts.rows - rows);
  }

  /** Temporality and monotonicity, which may stand before or after the points of a Sum, Histogram or ExponentialHistogram. */
  private writeStream(reader: WireReader, points: number): void {
    let temporality = 0;
    let monotonic = false;
    while (reader.position < reader.end) {
      const tag = reader.tag();
      if (tag === varint(2)) temporality = reader.varint32();
      else if (tag === varint(3)) monotonic = reader.bool();
      else reader.skip(tag);
    }
    this.columns.temporality.values.byteTimes(temporality > 2 ? 0 : temporality, points);
    this.columns.monotonic.values.byteTimes(monotonic ? 1 : 0, points);
  }
}
