/** Blocks of records by hand, and the facets that are counted of them, for tests. */
import { BlockMemory } from '../native/block-memory.ts';
import { scratchBuffer } from '../native/byte-buffer.ts';
import { LowCardinalityColumn } from '../native/low-cardinality-column.ts';
import { MapColumn, type MapPairs, type RepeatedMaps } from '../native/map-column.ts';
import { MapRunsColumn } from '../native/map-runs-column.ts';
import { PlainColumn } from '../native/plain-column.ts';
import { readBlock } from '../native/read-block.ts';
import { FacetsOfBlock, type RecordColumns } from './count-facets.ts';
import { type FacetLimits, facetLimits } from './facet-limits.ts';

export type Pairs = readonly (readonly [key: string, value: string])[];

export interface Record {
  readonly org: string;
  readonly project: string;
  readonly retentionDays: number;
  readonly timeNs: bigint;
  readonly attributes: Pairs;
}

export interface Resource {
  readonly attributes: Pairs;
  readonly records: readonly Record[];
}

export interface Facet {
  readonly org: string;
  readonly project: string;
  readonly signal: string;
  readonly hour: number;
  readonly scope: string;
  readonly key: string;
  readonly value: string;
  readonly received_day: number;
  readonly retention_days: number;
  readonly rows: bigint;
  readonly unlisted: bigint;
}

export const hourNs = 3_600_000_000_000n;
export const noon = 1_700_000_000_000_000_000n - (1_700_000_000_000_000_000n % hourNs);
export const day = 19_675;
export const record = (attributes: Pairs, timeNs = noon): Record => ({
  ...{ org: 'o', project: 'p', retentionDays: 30, timeNs, attributes },
});

/** A block as a transcoder makes it. */
export const blockOf = (resources: readonly Resource[]): { block: RecordColumns; time: PlainColumn; rows: number } => {
  const memory = new BlockMemory(2 ** 30);
  const time = new PlainColumn(memory, "DateTime64(9, 'UTC')");
  const block = {
    org: new LowCardinalityColumn(memory),
    project: new LowCardinalityColumn(memory),
    received_at: new PlainColumn(memory, "DateTime64(3, 'UTC')"),
    retention_days: new PlainColumn(memory, 'UInt16'),
    attributes: new MapColumn(memory),
    resource_attributes: new MapRunsColumn(memory),
  };
  const addPairs = ({ keys, values }: MapPairs, { dictionary }: RepeatedMaps, attributes: Pairs) => {
    for (const [key, value] of attributes) {
      keys.uint32(dictionary.numberOfText(key));
      values.utf8(value);
    }
  };
  let rows = 0;
  for (const { attributes, records } of resources) {
    const resource = { keys: scratchBuffer(2 ** 20), values: scratchBuffer(2 ** 20) };
    addPairs(resource, block.resource_attributes, attributes);
    block.resource_attributes.add(resource, records.length);
    for (const { org, project, retentionDays, timeNs, attributes: own } of records) {
      block.org.add(block.org.dictionary.numberOfText(org));
      block.project.add(block.project.dictionary.numberOfText(project));
      block.received_at.values.int64(day * 86_400_000 + 5);
      block.retention_days.values.uint16(retentionDays);
      time.values.uint64(Number(BigInt.asIntN(32, timeNs)), Number(timeNs >> 32n));
      addPairs(block.attributes.pairs, block.attributes, own);
      block.attributes.end();
      rows++;
    }
  }
  return { block, time, rows };
};

export const facetsOf = (resources: readonly Resource[], limits: FacetLimits = facetLimits): Facet[] => {
  const { block, time, rows } = blockOf(resources);
  const facets = new FacetsOfBlock('spans', limits);
  facets.count(block, time, rows);
  return inOrder([...readBlock(Buffer.concat(facets.written().rows))] as unknown as Facet[]);
};

export const inOrder = (facets: readonly Facet[]): Facet[] => {
  const nameOf = ({ org, project, hour, scope, key, value }: Facet) =>
    JSON.stringify([org, project, hour, scope, key, value]);
  return facets.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
};

export const short = (facets: readonly Facet[]) =>
  facets.map(({ scope, key, value, rows, unlisted }) => [scope, key, value, Number(rows), Number(unlisted)]);
