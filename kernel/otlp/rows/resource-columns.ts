/**
 * What all rows of a resource have in common. It is written when the resource has ended: only then it is known where in
 * it the fields are and how many rows it has.
 */
import { cutName, limits } from '../limits.ts';
import type { BlockMemory } from '../native/block-memory.ts';
import { LowCardinalityColumn } from '../native/low-cardinality-column.ts';
import { type RepeatedMaps, scratchPairs } from '../native/map-column.ts';
import { lengthDelimited, WireReader } from '../wire.ts';
import { AttributeMap } from './attribute-map.ts';
import { type Extent, noExtent } from './extent.ts';

export const resourceColumns = <Maps extends RepeatedMaps>(memory: BlockMemory, maps: Maps) => ({
  resource_attributes: maps,
  resource_attribute_types: new LowCardinalityColumn(memory),
  resource_schema_url: new LowCardinalityColumn(memory),
  service: new LowCardinalityColumn(memory),
  environment: new LowCardinalityColumn(memory),
  version: new LowCardinalityColumn(memory),
  host: new LowCardinalityColumn(memory),
});

/** Columns taken out of the resource: its first attribute of these that is a text and not empty, else the default. */
const extracted = (
  [
    { column: 'service', keys: ['service.name'], otherwise: 'unknown_service' },
    // renamed in semantic conventions 1.27
    { column: 'environment', keys: ['deployment.environment.name', 'deployment.environment'], otherwise: '' },
    { column: 'version', keys: ['service.version'], otherwise: '' },
    // the machine: in Kubernetes the node, never the pod, which `resource_attributes` names anyway
    { column: 'host', keys: ['host.name', 'k8s.node.name'], otherwise: '' },
  ] as const
).map(({ column, keys, otherwise }) => ({
  column,
  otherwise: new WireReader(Buffer.from(otherwise)),
  keys: keys.map((key) => new WireReader(Buffer.from(key))),
}));

type ResourceColumns = ReturnType<typeof resourceColumns<RepeatedMaps>>;

export class ResourceHead {
  /** Where the Resource and its schema URL are: to be set as they are met. */
  resource: Extent = noExtent;
  schemaUrl: Extent = noExtent;
  private readonly columns: ResourceColumns;
  private readonly pairs = scratchPairs(limits.rowsBytes);
  private readonly attributes: AttributeMap;

  constructor(columns: ResourceColumns) {
    this.columns = columns;
    const { resource_attributes, resource_attribute_types } = columns;
    const target = { pairs: this.pairs, dictionary: resource_attributes.dictionary };
    this.attributes = new AttributeMap(target, resource_attribute_types);
  }

  start(): void {
    this.resource = this.schemaUrl = noExtent;
  }

  /** The resource has ended and had so many rows. Returns what was cut of it, as bits of `cut`. The reader stays where it is. */
  end(reader: WireReader, rows: number): number {
    const { columns, attributes, pairs, schemaUrl } = this;
    pairs.keys.clear();
    pairs.values.clear();
    attributes.clear();
    attributes.addAll(reader, this.resource, lengthDelimited(1));
    const cut = attributes.end(reader, cutName(schemaUrl.length));
    columns.resource_attributes.add(pairs, rows);
    columns.resource_attribute_types.addTimes(attributes.typesNumber(), rows);
    columns.resource_schema_url.addTextTimes(reader, schemaUrl.at, schemaUrl.length, limits.nameBytes, rows);
    for (const column of extracted) this.addExtracted(reader, column, rows);
    return cut;
  }

  private addExtracted(reader: WireReader, of: (typeof extracted)[number], rows: number): void {
    const { attributes } = this;
    const column = this.columns[of.column];
    for (const key of of.keys) {
      const place = attributes.find(key);
      if (place < 0) continue;
      const value = attributes.textOf(reader, place);
      if (value.length === 0) continue;
      column.addTextTimes(reader, value.at, value.length, limits.nameBytes, rows);
      return;
    }
    column.addTextTimes(of.otherwise, 0, of.otherwise.bytes.length, limits.nameBytes, rows);
  }
}
