/**
 * What all rows of a resource and scope begin with: tenant, arrival, resource and scope. Read once for each scope, and
 * written when it is known how many rows the scope has: repeated, not once more for each row.
 */

import { cutName, limits } from '../limits.ts';
import type { BlockMemory } from '../native/block-memory.ts';
import { scratchBuffer } from '../native/byte-buffer.ts';
import { LowCardinalityColumn } from '../native/low-cardinality-column.ts';
import { MapColumn, type MapPairs } from '../native/map-column.ts';
import { PlainColumn } from '../native/plain-column.ts';
import { lengthDelimited, WireReader } from '../wire.ts';
import { AttributeMap } from './attribute-map.ts';
import type { Origin } from './origin.ts';
import { letter } from './value-text.ts';

export const headColumns = (memory: BlockMemory) => ({
  org: new LowCardinalityColumn(memory),
  project: new LowCardinalityColumn(memory),
  received_at: new PlainColumn(memory, "DateTime64(3, 'UTC')"),
  retention_days: new PlainColumn(memory, 'UInt16'),
  resource_attributes: new MapColumn(memory),
  resource_attribute_types: new LowCardinalityColumn(memory),
  resource_schema_url: new LowCardinalityColumn(memory),
  service: new LowCardinalityColumn(memory),
  environment: new LowCardinalityColumn(memory),
  version: new LowCardinalityColumn(memory),
  host: new LowCardinalityColumn(memory),
  scope_attributes: new MapColumn(memory),
  scope_attribute_types: new LowCardinalityColumn(memory),
  scope_name: new LowCardinalityColumn(memory),
  scope_version: new LowCardinalityColumn(memory),
  scope_schema_url: new LowCardinalityColumn(memory),
});

export type HeadColumns = ReturnType<typeof headColumns>;

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
  keys: keys.map((key) => new WireReader(Buffer.from(key))),
  otherwise,
}));

/** A place in a request; `at` 0 means that it is not there, as a tag always comes before it. */
export interface Extent {
  at: number;
  length: number;
}

export class RowHead {
  /** What was cut of the resource and of the scope, as bits of `cut`. */
  cut = 0;
  private readonly columns: HeadColumns;
  private readonly words: readonly LowCardinalityColumn[];
  private receivedAtMs = 0;
  private retentionDays = 0;
  private readonly resourceAttributes: AttributeMap;
  private readonly scopeAttributes: AttributeMap;
  private readonly resource = emptyPairs();
  private readonly scope = emptyPairs();
  private readonly text = scratchBuffer(limits.rowsBytes);
  private resourceCut = 0;
  /** Where the resource or scope last looked for is, and its schema URL. */
  private readonly inner: Extent = { at: 0, length: 0 };
  private readonly schemaUrl: Extent = { at: 0, length: 0 };

  constructor(columns: HeadColumns) {
    this.columns = columns;
    const { resource_attributes, resource_attribute_types, scope_attributes, scope_attribute_types } = columns;
    this.words = [
      ...[columns.org, columns.project],
      ...[resource_attribute_types, columns.resource_schema_url],
      ...[columns.service, columns.environment, columns.version, columns.host],
      ...[scope_attribute_types, columns.scope_name, columns.scope_version, columns.scope_schema_url],
    ];
    this.resourceAttributes = new AttributeMap(resource_attributes.dictionary, resource_attribute_types.dictionary);
    this.scopeAttributes = new AttributeMap(scope_attributes.dictionary, scope_attribute_types.dictionary);
  }

  startRequest({ org, project, receivedAtMs, retentionDays }: Origin): void {
    this.receivedAtMs = receivedAtMs;
    this.retentionDays = retentionDays;
    this.columns.org.setConstantText(org);
    this.columns.project.setConstantText(project);
  }

  /** The reader has entered a ResourceSpans, ResourceLogs or ResourceMetrics, and stays where it is. */
  startResource(reader: WireReader): void {
    const { position, end } = reader;
    const { resource, resourceAttributes: attributes } = this;
    const { resource_attribute_types, resource_schema_url } = this.columns;
    this.lookOver(reader);
    attributes.clear();
    reader.position = this.inner.at;
    reader.end = this.inner.at + this.inner.length;
    while (reader.position < reader.end) {
      const tag = reader.tag();
      if (tag === lengthDelimited(1)) attributes.add(reader);
      else reader.skip(tag);
    }
    clearPairs(resource);
    this.resourceCut = attributes.write(reader, resource, cutName(this.schemaUrl.length));
    resource_attribute_types.constant = attributes.typesNumber();
    resource_schema_url.setConstant(reader, this.schemaUrl.at, this.schemaUrl.length, limits.nameBytes);
    for (const column of extracted) this.setExtracted(reader, column);
    reader.position = position;
    reader.end = end;
  }

  private setExtracted(reader: WireReader, { column, keys, otherwise }: (typeof extracted)[number]): void {
    const { text, resourceAttributes } = this;
    const to = this.columns[column];
    for (const key of keys) {
      const place = resourceAttributes.find(key);
      if (place < 0) continue;
      text.clear();
      const isText = resourceAttributes.writeName(reader, place, text) === letter.string;
      // a String: its length comes first
      if (!isText || text.bytes[0] === 0) continue;
      to.constant = to.dictionary.numberOfBytes(text.written().subarray(text.position < 129 ? 1 : 2));
      return;
    }
    to.setConstantText(otherwise);
  }

  /** The reader has entered a ScopeSpans, ScopeLogs or ScopeMetrics, and stays where it is. */
  startScope(reader: WireReader): void {
    const { position, end } = reader;
    const { scope, scopeAttributes: attributes } = this;
    const { scope_attribute_types, scope_name, scope_version, scope_schema_url } = this.columns;
    const name = { at: 0, length: 0 };
    const version = { at: 0, length: 0 };
    this.lookOver(reader);
    attributes.clear();
    reader.position = this.inner.at;
    reader.end = this.inner.at + this.inner.length;
    while (reader.position < reader.end) {
      const tag = reader.tag();
      if (tag === lengthDelimited(3)) attributes.add(reader);
      else if (tag === lengthDelimited(1)) readExtent(reader, name);
      else if (tag === lengthDelimited(2)) readExtent(reader, version);
      else reader.skip(tag);
    }
    const namesCut = cutName(name.length) | cutName(version.length) | cutName(this.schemaUrl.length);
    clearPairs(scope);
    this.cut = this.resourceCut | attributes.write(reader, scope, namesCut);
    scope_attribute_types.constant = attributes.typesNumber();
    scope_name.setConstant(reader, name.at, name.length, limits.nameBytes);
    scope_version.setConstant(reader, version.at, version.length, limits.nameBytes);
    scope_schema_url.setConstant(reader, this.schemaUrl.at, this.schemaUrl.length, limits.nameBytes);
    reader.position = position;
    reader.end = end;
  }

  /** The scope had so many rows. */
  endScope(rows: number): void {
    if (rows === 0) return;
    const { received_at, retention_days, resource_attributes, scope_attributes } = this.columns;
    received_at.values.int64(this.receivedAtMs);
    received_at.values.repeat(8, rows - 1);
    retention_days.values.uint16(this.retentionDays);
    retention_days.values.repeat(2, rows - 1);
    resource_attributes.add(this.resource, rows);
    scope_attributes.add(this.scope, rows);
    for (const column of this.words) column.addConstant(rows);
  }

  /** Finds the resource or scope (field 1) and its schema URL (field 3), which may come after the records. */
  private lookOver(reader: WireReader): void {
    this.inner.at = this.inner.length = this.schemaUrl.at = this.schemaUrl.length = 0;
    while (reader.position < reader.end) {
      const tag = reader.tag();
      if (tag === lengthDelimited(1)) readExtent(reader, this.inner);
      else if (tag === lengthDelimited(3)) readExtent(reader, this.schemaUrl);
      else reader.skip(tag);
    }
  }
}

const emptyPairs = (): MapPairs => ({ keys: scratchBuffer(limits.rowsBytes), values: scratchBuffer(limits.rowsBytes) });

const clearPairs = ({ keys, values }: MapPairs): void => {
  keys.clear();
  values.clear();
};

export const readExtent = (reader: WireReader, extent: Extent): void => {
  extent.length = reader.length();
  extent.at = reader.position;
  reader.position += extent.length;
};
