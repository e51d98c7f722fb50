/** What all rows of a scope have in common, written when the scope has ended. */
import { cutName, limits } from '../limits.ts';
import type { BlockMemory } from '../native/block-memory.ts';
import { LowCardinalityColumn } from '../native/low-cardinality-column.ts';
import { type RepeatedMaps, scratchPairs } from '../native/map-column.ts';
import { lengthDelimited, type WireReader } from '../wire.ts';
import { AttributeMap } from './attribute-map.ts';
import { type Extent, findExtent, noExtent } from './extent.ts';

export const scopeColumns = <Maps extends RepeatedMaps>(memory: BlockMemory, maps: Maps) => ({
  scope_attributes: maps,
  scope_attribute_types: new LowCardinalityColumn(memory),
  scope_name: new LowCardinalityColumn(memory),
  scope_version: new LowCardinalityColumn(memory),
  scope_schema_url: new LowCardinalityColumn(memory),
});

type ScopeColumns = ReturnType<typeof scopeColumns<RepeatedMaps>>;

export class ScopeHead {
  /** Where the InstrumentationScope and its schema URL are: to be set as they are met. */
  scope: Extent = noExtent;
  schemaUrl: Extent = noExtent;
  private readonly columns: ScopeColumns;
  private readonly pairs = scratchPairs(limits.rowsBytes);
  private readonly attributes: AttributeMap;

  constructor(columns: ScopeColumns) {
    this.columns = columns;
    const { scope_attributes, scope_attribute_types } = columns;
    const target = { pairs: this.pairs, dictionary: scope_attributes.dictionary };
    this.attributes = new AttributeMap(target, scope_attribute_types);
  }

  start(): void {
    this.scope = this.schemaUrl = noExtent;
  }

  /** The scope has ended and had so many rows. Returns what was cut of it, as bits of `cut`. The reader stays where it is. */
  end(reader: WireReader, rows: number): number {
    const { columns, attributes, pairs, schemaUrl } = this;
    const name = findExtent(reader, this.scope, lengthDelimited(1));
    const version = findExtent(reader, this.scope, lengthDelimited(2));
    pairs.keys.clear();
    pairs.values.clear();
    attributes.clear();
    attributes.addAll(reader, this.scope, lengthDelimited(3));
    const cutNames = cutName(name.length) | cutName(version.length) | cutName(schemaUrl.length);
    const cut = attributes.end(reader, cutNames);
    columns.scope_attributes.add(pairs, rows);
    columns.scope_attribute_types.addTimes(attributes.typesNumber(), rows);
    columns.scope_name.addTextTimes(reader, name.at, name.length, limits.nameBytes, rows);
    columns.scope_version.addTextTimes(reader, version.at, version.length, limits.nameBytes, rows);
    columns.scope_schema_url.addTextTimes(reader, schemaUrl.at, schemaUrl.length, limits.nameBytes, rows);
    return cut;
  }
}
