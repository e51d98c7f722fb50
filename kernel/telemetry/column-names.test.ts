import { expect, test } from 'vitest';
import { columnNames } from './column-names.ts';

test('a comma inside a type does not end a column', () => {
  const structure =
    "`name` LowCardinality(String), tags Map(LowCardinality(String), String),\n  at DateTime64(9, 'UTC')";
  expect(columnNames(structure)).toEqual(['`name`', 'tags', 'at']);
});
