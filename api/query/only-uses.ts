/** Whether a query can be answered by a table that has only some of the columns. */
import type { Condition } from './resolve.ts';

export const onlyUses = (condition: Condition, columns: ReadonlyMap<string, unknown>): boolean => {
  switch (condition.test) {
    case 'all':
      return true;
    case 'and':
    case 'or':
      return condition.parts.every((part) => onlyUses(part, columns));
    case 'not':
      return onlyUses(condition.part, columns);
    case 'words':
    case 'word-pattern':
      return condition.columns.every((name) => columns.has(name));
    case 'one-of':
      return columns.has(condition.column);
    default:
      return condition.place.kind === 'column' && columns.has(condition.place.name);
  }
};
