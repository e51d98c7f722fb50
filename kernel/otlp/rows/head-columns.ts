/**
 * What all rows begin with: tenant, arrival, resource and scope. Many rows have them in common, so they are written
 * when a scope, a resource or a request has ended, and repeated rather than written again.
 */
import type { BlockMemory } from '../native/block-memory.ts';
import { LowCardinalityColumn } from '../native/low-cardinality-column.ts';
import type { RepeatedMaps } from '../native/map-column.ts';
import { PlainColumn } from '../native/plain-column.ts';
import type { Origin } from './origin.ts';
import { resourceColumns } from './resource-columns.ts';
import { scopeColumns } from './scope-columns.ts';

/** @param Maps the column of the attributes of resources, and that of scopes */
export const headColumns = <Maps extends RepeatedMaps>(
  memory: BlockMemory,
  Maps: new (memory: BlockMemory) => Maps,
) => ({
  org: new LowCardinalityColumn(memory),
  project: new LowCardinalityColumn(memory),
  received_at: new PlainColumn(memory, "DateTime64(3, 'UTC')"),
  retention_days: new PlainColumn(memory, 'UInt16'),
  ...resourceColumns(memory, new Maps(memory)),
  ...scopeColumns(memory, new Maps(memory)),
});

export type HeadColumns = ReturnType<typeof headColumns<RepeatedMaps>>;

/** The request has ended and had so many rows, one or more. */
export const addOrigin = (columns: HeadColumns, origin: Origin, rows: number): void => {
  const { org, project, received_at, retention_days } = columns;
  org.addTimes(org.dictionary.numberOfText(origin.org), rows);
  project.addTimes(project.dictionary.numberOfText(origin.project), rows);
  received_at.values.int64(origin.receivedAtMs);
  received_at.values.repeat(8, rows - 1);
  retention_days.values.uint16(origin.retentionDays);
  retention_days.values.repeat(2, rows - 1);
};
