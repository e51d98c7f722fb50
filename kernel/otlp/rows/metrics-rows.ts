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
import { DataPointWriter, dataPointColumns, type MetricKind, metricKind } from './data-point.ts';
import { headColumns } from './head-columns.ts';
import { insertLimits } from './insert-cuts.ts';
import { MessageFields } from './message-fields.ts';
import { type Counts, defineTranscoder, type RecordWriter } from './rows-block.ts';

const metricColumns = (memory: BlockMemory) => ({
  ...headColumns(memory, MapColumn),
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

export const metricsTranscoder = () =>
  defineTranscoder('metric_points', insertLimits.metrics, (memory) => new MetricWriter(memory));

class MetricWriter implements RecordWriter {
  readonly columns;
  private readonly metadataPairs = scratchPairs(limits.rowsBytes);
  private readonly metadata: AttributeMap;
  private readonly points: DataPointWriter;
  private readonly fields = metricFields();

  constructor(memory: BlockMemory) {
    this.columns = metricColumns(memory);
    const { metadata, metadata_types } = this.columns;
    this.metadata = new AttributeMap({ pairs: this.metadataPairs, dictionary: metadata.dictionary }, metadata_types);
    this.points = new DataPointWriter(this.columns);
  }

  startRequest(): void {
    this.points.startRequest();
  }

  endRequest(): void {
    this.points.endRequest();
  }

  /** Fields may come in any order and the last kind counts, so the metric is looked over before its points are read. */
  writeRecord(reader: WireReader, counts: Counts): void {
    const { columns, fields, metadata, metadataPairs } = this;
    const { at, value } = fields;
    metadataPairs.keys.clear();
    metadataPairs.values.clear();
    fields.clear();
    metadata.clear();
    let metadataBytes = 0;
    for (let tag = fields.next(reader); tag !== 0; tag = fields.next(reader)) {
      const tagAt = reader.position - 1;
      metadata.add(reader, tag);
      metadataBytes += reader.position - tagAt;
    }
    const data = lastData(at);
    if (at[data] === 0) return;
    const kind = kindOfField[data]!;

    const { rows, cutRows } = counts;
    const recordEnd = reader.end;
    reader.position = at[data]!;
    reader.end = at[data]! + value[data]!;
    this.writeData(reader, kind, counts);
    reader.end = recordEnd;

    const points = counts.rows - rows;
    columns.metric.addTextTimes(reader, at[field.name]!, value[field.name]!, limits.nameBytes, points);
    columns.description.addTextTimes(
      reader,
      at[field.description]!,
      value[field.description]!,
      limits.nameBytes,
      points,
    );
    columns.unit.addTextTimes(reader, at[field.unit]!, value[field.unit]!, limits.nameBytes, points);
    const cutHere = cutName(value[field.name]!) | cutName(value[field.description]!) | cutName(value[field.unit]!);
    const cut = metadata.end(reader, cutHere);
    columns.metadata.add(metadataPairs, points);
    columns.metadata_types.addTimes(metadata.typesNumber(), points);
    columns.kind.values.byteTimes(kind, points);
    if (cut !== 0) counts.cutRows = cutRows + points;
    counts.headBytes += points * metadataBytes;
  }

  /** A Gauge, Sum, Histogram, ExponentialHistogram or Summary. Its temporality may stand before or after its points. */
  private writeData(reader: WireReader, kind: MetricKind, counts: Counts): void {
    const { columns, points } = this;
    const { rows } = counts;
    const { exponentialCounts } = points;
    let temporality = 0;
    let monotonic = false;
    while (reader.position < reader.end) {
      const tag = reader.tag();
      if (tag === lengthDelimited(1)) {
        const outer = reader.enter();
        if (points.add(reader, kind) !== 0) counts.cutRows++;
        reader.leave(outer);
        counts.rows++;
      } else if (tag === varint(2)) temporality = reader.varint32();
      else if (tag === varint(3)) monotonic = reader.bool();
      else reader.skip(tag);
    }
    const added = counts.rows - rows;
    counts.recordBytes += 8 * (points.exponentialCounts - exponentialCounts);
    points.endMetric(kind, added);
    columns.temporality.values.byteTimes(temporality > 2 ? 0 : temporality, added);
    columns.monotonic.values.byteTimes(monotonic ? 1 : 0, added);
  }
}

const field = { name: 1, description: 2, unit: 3, metadata: 12 } as const;

/** By the field of a Metric that it comes in. */
const kindOfField: Readonly<Record<number, MetricKind>> = {
  5: metricKind.gauge,
  7: metricKind.sum,
  9: metricKind.histogram,
  10: metricKind.exponentialHistogram,
  11: metricKind.summary,
};

const metricFields = () =>
  new MessageFields([field.name, field.description, field.unit, 5, 7, 9, 10, 11].map(lengthDelimited), [
    lengthDelimited(field.metadata),
  ]);

/** Which of the data fields came last: of a oneof it is the one that counts. */
const lastData = (at: Uint32Array): number => {
  let last = 5;
  for (const other of [7, 9, 10, 11]) if (at[other]! > at[last]!) last = other;
  return last;
};
