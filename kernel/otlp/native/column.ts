/** A column of a block in ClickHouse's Native format (https://clickhouse.com/docs/interfaces/formats/Native). */
import type { BlockParts } from './block-parts.ts';

export interface Column {
  /** As ClickHouse writes it. */
  readonly type: string;
  /** What the whole column begins with: of each LowCardinality in it, however deep, its version. */
  writePrefix(out: BlockParts): void;
  /** The values, all of one part of the type before all of the next: nothing where there are none. */
  writeValues(out: BlockParts): void;
}
