/**
 * Which keys and values the rows of a block have, as rows of the table `facets`. Read off the block's finished columns,
 * where keys are numbers already and what a malformed request had written is gone again; ClickHouse, asked to do the
 * same in a view, spends more on it than on storing the rows (docs/decisions/0020).
 */

import type { DerivedRows } from '../derived-rows.ts';
import type { ByteBuffer } from '../native/byte-buffer.ts';
import type { Dictionary } from '../native/dictionary.ts';
import type { MapColumn } from '../native/map-column.ts';
import type { MapRunsColumn } from '../native/map-runs-column.ts';
import type { PlainColumn } from '../native/plain-column.ts';
import { structureOf, writeBlock } from '../native/write-block.ts';
import { WireReader } from '../wire.ts';
import { FacetColumns } from './facet-columns.ts';
import { FacetCounter } from './facet-counter.ts';
import { type FacetLimits, facetLimits } from './facet-limits.ts';
import { hourOf, type TenantColumns, TenantHours } from './tenant-hours.ts';

/** What is read of a block: columns of a table of records. */
export interface RecordColumns extends TenantColumns {
  readonly received_at: PlainColumn;
  readonly retention_days: PlainColumn;
  readonly attributes: MapColumn;
  readonly resource_attributes: MapRunsColumn;
}

/** As the tables' enums have them. */
const signals = { spans: 1, logs: 2 } as const;
const scopes = { record: 1, resource: 2 } as const;

export type FacetSignal = keyof typeof signals;

/** Counts the facets of blocks, one after the other; keeps scratch space between them. */
export class FacetsOfBlock {
  private readonly out = new FacetColumns();
  private readonly signal: FacetSignal;
  private readonly hours: TenantHours;
  private readonly ofRecords: FacetCounter;
  private readonly ofResources: FacetCounter;

  constructor(signal: FacetSignal, limits: FacetLimits = facetLimits) {
    this.signal = signal;
    this.hours = new TenantHours(limits.hours);
    this.ofRecords = new FacetCounter(limits, this.hours);
    this.ofResources = new FacetCounter(limits, this.hours);
  }

  /** The rows in ClickHouse's Native format, in parts that are valid until the next block is counted. */
  written(): DerivedRows {
    const { columns, rows: rowCount } = this.out;
    return { table: 'facets', structure: structureOf(columns), rows: writeBlock(columns, rowCount), rowCount };
  }

  /** @param time of each record @param rows of the block, which all were received on the same day */
  count(block: RecordColumns, time: PlainColumn, rows: number): void {
    this.out.clear();
    if (rows === 0) return;
    this.hours.start(block, rows);
    this.countRecords(block, time, rows);
    this.countResources(block, time, rows);
    const day = Math.floor(millisecondsAt(block.received_at.values, 0) / dayMs);
    const { attributes, resource_attributes: resources } = block;
    this.tell(this.ofRecords, scopes.record, attributes.dictionary, attributes.pairs.values, block, day);
    this.tell(this.ofResources, scopes.resource, resources.dictionary, resources.values.keys, block, day);
  }

  private hourOf(
    { org, project, retention_days }: RecordColumns,
    { values: { view } }: PlainColumn,
    row: number,
  ): number {
    return this.hours.numberOf(
      org.numbers.view.getInt32(4 * row, true),
      project.numbers.view.getInt32(4 * row, true),
      hourOf(view.getInt32(8 * row, true), view.getInt32(8 * row + 4, true)),
      retention_days.values.view.getUint16(2 * row, true),
    );
  }

  private countRecords(block: RecordColumns, time: PlainColumn, rows: number): void {
    const { pairs, ends } = block.attributes;
    const keys = pairs.keys.view;
    const { ofRecords } = this;
    ofRecords.start(pairs.values);
    let pair = 0;
    let at = 0;
    for (let row = 0; row < rows; row++) {
      const end = ends.view.getInt32(8 * row, true);
      at = ofRecords.count(this.hourOf(block, time, row), keys, pair, end, at);
      pair = end;
    }
  }

  /** Each resource once, times its rows of an hour. */
  private countResources(block: RecordColumns, time: PlainColumn, rows: number): void {
    const { runs, values } = block.resource_attributes;
    const { ofResources } = this;
    ofResources.start(values.keys);
    for (let row = 0, run = 0, pair = 0; row < rows; run++) {
      const last = runs.rowEnds.view.getInt32(4 * run, true);
      const endPair = runs.pairEnds.view.getInt32(4 * run, true);
      while (row < last) {
        const from = row;
        const hour = this.hourOf(block, time, row++);
        while (row < last && this.hourOf(block, time, row) === hour) row++;
        ofResources.countRun(hour, runs, values, pair, endPair, row - from);
      }
      pair = endPair;
    }
  }

  private tell(
    counter: FacetCounter,
    scope: number,
    keyDictionary: Dictionary,
    valuesCounted: ByteBuffer,
    block: RecordColumns,
    day: number,
  ) {
    const { out } = this;
    const signal = signals[this.signal];
    const values = new WireReader(valuesCounted.bytes);
    const orgs = numbersIn(out.org.dictionary, block.org.dictionary);
    const projects = numbersIn(out.project.dictionary, block.project.dictionary);
    const keys = numbersIn(out.key.dictionary, keyDictionary);
    counter.tell({
      add: (number, key, valueAt, valueLength, rows, unlisted) => {
        const { org, project, hour, retentionDays } = this.hours.all[number]!;
        out.org.add(orgs(org));
        out.project.add(projects(project));
        out.key.add(keys(key));
        out.signal.values.byte(signal);
        out.scope.values.byte(scope);
        out.hour.values.uint32(3600 * hour);
        out.value.values.string(values, valueAt, valueLength);
        out.receivedDay.values.uint16(day);
        out.retentionDays.values.uint16(retentionDays);
        out.sum.values.int64(rows);
        out.unlisted.values.int64(unlisted);
        out.rows++;
      },
    });
  }
}

const dayMs = 86_400_000;

const millisecondsAt = ({ view }: ByteBuffer, at: number): number =>
  view.getUint32(at, true) + view.getInt32(at + 4, true) * 2 ** 32;

/** Numbers of the values of one dictionary in another, where they are added when they are needed. */
const numbersIn = (target: Dictionary, source: Dictionary): ((number: number) => number) => {
  const bytes = new WireReader(source.keys.bytes);
  const known = new Map<number, number>();
  return (number) => {
    let found = known.get(number);
    if (found === undefined) {
      found = target.numberOf(bytes, source.startOf(number), source.lengthOf(number));
      known.set(number, found);
    }
    return found;
  };
};
