/** The columns of the table `facets` on their way into a block. */
import { BlockMemory } from '../native/block-memory.ts';
import { LowCardinalityColumn } from '../native/low-cardinality-column.ts';
import { PlainColumn } from '../native/plain-column.ts';
import type { Columns } from '../native/write-block.ts';

export class FacetColumns {
  rows = 0;
  // What may be counted is bounded (facet-limits.ts), and with it what this comes to.
  private readonly memory = new BlockMemory(Number.POSITIVE_INFINITY);
  private readonly plain = (type: string) => new PlainColumn(this.memory, type);
  readonly org = new LowCardinalityColumn(this.memory);
  readonly project = new LowCardinalityColumn(this.memory);
  readonly key = new LowCardinalityColumn(this.memory);
  readonly signal = this.plain("Enum8('spans' = 1, 'logs' = 2)");
  readonly scope = this.plain("Enum8('record' = 1, 'resource' = 2)");
  readonly hour = this.plain("DateTime('UTC')");
  readonly value = this.plain('String');
  readonly receivedDay = this.plain('Date');
  readonly retentionDays = this.plain('UInt16');
  readonly sum = this.plain('UInt64');
  readonly unlisted = this.plain('UInt64');

  readonly columns: Columns = {
    org: this.org,
    project: this.project,
    signal: this.signal,
    hour: this.hour,
    scope: this.scope,
    key: this.key,
    value: this.value,
    received_day: this.receivedDay,
    retention_days: this.retentionDays,
    rows: this.sum,
    unlisted: this.unlisted,
  };

  clear(): void {
    this.memory.clear();
    this.rows = 0;
  }
}
