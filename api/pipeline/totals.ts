/** Counts of several processes added up. */

/** By reason, the most frequent first. */
export const totalByReason = (
  counts: readonly Readonly<Record<string, number>>[],
): readonly (readonly [reason: string, total: number])[] => {
  const totals = new Map<string, number>();
  for (const each of counts) {
    for (const [reason, count] of Object.entries(each)) totals.set(reason, (totals.get(reason) ?? 0) + count);
  }
  return [...totals].sort(([, a], [, b]) => b - a);
};

export const sumOf = <Item>(items: readonly Item[], read: (item: Item) => number): number =>
  items.reduce((sum, item) => sum + read(item), 0);
