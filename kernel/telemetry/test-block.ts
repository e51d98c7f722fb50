/** Tests only: rows given as values, as the block that an insert takes. */
import { BlockMemory } from '../otlp/native/block-memory.ts';
import { PlainColumn } from '../otlp/native/plain-column.ts';
import { structureOf, writeBlock } from '../otlp/native/write-block.ts';
import type { RowsInsert } from './client.ts';

type TestType = 'String' | 'UInt16' | 'Date' | 'DateTime64(3)';

/** Enough of a span for the tables, and for the views on them. */
export const spanTypes = {
  org: 'String',
  project: 'String',
  received_at: 'DateTime64(3)',
  retention_days: 'UInt16',
  service: 'String',
} as const;

/** @param rows the values of each, in the order of `types`: days for a Date, milliseconds for a DateTime64 */
export const blockOf = (
  types: Readonly<Record<string, TestType>>,
  rows: readonly (readonly (string | number)[])[],
): Pick<RowsInsert, 'structure' | 'rows' | 'rowCount'> => {
  const memory = new BlockMemory(2 ** 30);
  const columns = Object.fromEntries(
    Object.entries(types).map(([name, type]) => [name, new PlainColumn(memory, type)] as const),
  );
  for (const row of rows) {
    for (const [i, { type, values }] of Object.values(columns).entries()) {
      if (type === 'String') values.utf8(row[i] as string);
      else if (type === 'DateTime64(3)') values.int64(row[i] as number);
      else values.uint16(row[i] as number);
    }
  }
  return { structure: structureOf(columns), rows: writeBlock(columns, rows.length), rowCount: rows.length };
};
