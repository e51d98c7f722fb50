/**
 * What all rows of a resource and scope begin with: tenant, arrival, resource and scope. Encoded once, then copied into
 * every row.
 */

import { cutName, limits } from '../limits.ts';
import { lengthDelimited, type WireReader } from '../wire.ts';
import { AttributeList } from './attribute-list.ts';
import type { Origin } from './origin.ts';
import { RowWriter } from './row-binary.ts';
import { letter } from './value-text.ts';

/** The columns, in the order of the bytes. */
export const headColumns = [
  ['org', 'LowCardinality(String)'],
  ['project', 'LowCardinality(String)'],
  ['received_at', "DateTime64(3, 'UTC')"],
  ['retention_days', 'UInt16'],
  ['resource_attributes', 'Map(LowCardinality(String), String)'],
  ['resource_attribute_types', 'LowCardinality(String)'],
  ['resource_schema_url', 'LowCardinality(String)'],
  ['service', 'LowCardinality(String)'],
  ['environment', 'LowCardinality(String)'],
  ['version', 'LowCardinality(String)'],
  ['host', 'LowCardinality(String)'],
  ['scope_attributes', 'Map(LowCardinality(String), String)'],
  ['scope_attribute_types', 'LowCardinality(String)'],
  ['scope_name', 'LowCardinality(String)'],
  ['scope_version', 'LowCardinality(String)'],
  ['scope_schema_url', 'LowCardinality(String)'],
] as const;

/** Columns taken out of the resource: its first attribute of these that is a text and not empty, else the default. */
const extracted = [
  { keys: ['service.name'], otherwise: 'unknown_service' },
  // renamed in semantic conventions 1.27
  { keys: ['deployment.environment.name', 'deployment.environment'], otherwise: '' },
  { keys: ['service.version'], otherwise: '' },
  // the machine: in Kubernetes the node, never the pod, which `resource_attributes` names anyway
  { keys: ['host.name', 'k8s.node.name'], otherwise: '' },
].map(({ keys, otherwise }) => ({ keys: keys.map((key) => Buffer.from(key)), otherwise }));

/** A place in a request; `at` 0 means that it is not there, as a tag always comes before it. */
interface Extent {
  at: number;
  length: number;
}

export class RowHead {
  readonly out = new RowWriter(4096, limits.rowsBytes);
  /** The columns, encoded. */
  bytes: Uint8Array = new Uint8Array();
  /** What was cut of the resource and of the scope, as bits of `cut`. */
  cut = 0;
  private readonly attributes = new AttributeList();
  private resourceCut = 0;
  private originEnd = 0;
  private resourceEnd = 0;
  /** Where the resource or scope last looked for is, and its schema URL. */
  private readonly inner: Extent = { at: 0, length: 0 };
  private readonly schemaUrl: Extent = { at: 0, length: 0 };

  startRequest(origin: Origin): void {
    this.out.clear();
    this.out.utf8String(origin.org);
    this.out.utf8String(origin.project);
    this.out.int64(origin.receivedAtMs);
    this.out.uint16(origin.retentionDays);
    this.originEnd = this.out.position;
  }

  /** The reader has entered a ResourceSpans, ResourceLogs or ResourceMetrics, and stays where it is. */
  startResource(reader: WireReader): void {
    const { position, end } = reader;
    const { out, attributes } = this;
    this.lookOver(reader);
    attributes.clear();
    reader.position = this.inner.at;
    reader.end = this.inner.at + this.inner.length;
    while (reader.position < reader.end) {
      const tag = reader.tag();
      if (tag === lengthDelimited(1)) attributes.add(reader);
      else reader.skip(tag);
    }
    out.position = this.originEnd;
    this.resourceCut = attributes.writeMap(reader, out, cutName(this.schemaUrl.length));
    attributes.writeTypes(out);
    out.text(reader, this.schemaUrl.at, this.schemaUrl.length, limits.nameBytes);
    for (const column of extracted) this.writeExtracted(reader, column);
    this.resourceEnd = out.position;
    reader.position = position;
    reader.end = end;
  }

  private writeExtracted(reader: WireReader, { keys, otherwise }: (typeof extracted)[number]): void {
    const { out } = this;
    const start = out.position;
    for (const key of keys) {
      const index = this.attributes.find(reader, key);
      if (index < 0) continue;
      const isText = this.attributes.writeName(reader, index, out) === letter.string;
      if (isText && out.bytes[start] !== 0) return;
      out.position = start;
    }
    out.asciiString(otherwise);
  }

  /** The reader has entered a ScopeSpans, ScopeLogs or ScopeMetrics, and stays where it is. */
  startScope(reader: WireReader): void {
    const { position, end } = reader;
    const { out, attributes } = this;
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
    out.position = this.resourceEnd;
    this.cut = this.resourceCut | attributes.writeMap(reader, out, namesCut);
    attributes.writeTypes(out);
    out.text(reader, name.at, name.length, limits.nameBytes);
    out.text(reader, version.at, version.length, limits.nameBytes);
    out.text(reader, this.schemaUrl.at, this.schemaUrl.length, limits.nameBytes);
    this.bytes = out.written();
    reader.position = position;
    reader.end = end;
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

export const readExtent = (reader: WireReader, extent: Extent): void => {
  extent.length = reader.length();
  extent.at = reader.position;
  reader.position += extent.length;
};
