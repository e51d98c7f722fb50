/** One block in ClickHouse's Native format: how many columns and rows, then each column with its name and type. */
import { BlockParts } from './block-parts.ts';
import type { Column } from './column.ts';

/** Columns by their names, in the order of the block. */
export type Columns = Readonly<Record<string, Column>>;

/** The block in parts, valid until a column changes. All columns must have `rows` rows. */
export const writeBlock = (columns: Columns, rows: number): Uint8Array[] => {
  const out = new BlockParts();
  const entries = Object.entries(columns);
  out.small.varint(entries.length);
  out.small.varint(rows);
  for (const [name, column] of entries) {
    out.small.asciiString(name);
    out.small.asciiString(column.type);
    column.writePrefix(out);
    column.writeValues(out);
  }
  return out.all();
};

/** The columns with their types, as ClickHouse's table functions take them. */
export const structureOf = (columns: Columns): string =>
  Object.entries(columns)
    .map(([name, { type }]) => `\`${name}\` ${type}`)
    .join(', ');
