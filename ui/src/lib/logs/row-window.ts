/** Which rows of a long list are drawn, and how much room the others take. Heights are pixels. */
export interface RowWindow {
  /** Rows `[start, end)` are drawn. */
  readonly start: number;
  readonly end: number;
  /** Room above the first row drawn. */
  readonly topPx: number;
  readonly totalPx: number;
}

/** Rows of one height. */
export const evenWindow = (
  count: number,
  rowPx: number,
  scrollTopPx: number,
  viewPx: number,
  overscan: number,
): RowWindow => {
  const start = Math.max(0, Math.min(count, Math.floor(scrollTopPx / rowPx)) - overscan);
  const end = Math.min(count, Math.ceil((scrollTopPx + viewPx) / rowPx) + overscan);
  return { start, end: Math.max(start, end), topPx: start * rowPx, totalPx: count * rowPx };
};

/** Where each row begins, and after them where the last one ends. */
export const offsetsOf = (count: number, heightPx: (index: number) => number): Float64Array => {
  const offsets = new Float64Array(count + 1);
  for (let index = 0; index < count; index += 1) offsets[index + 1] = offsets[index]! + heightPx(index);
  return offsets;
};

/** Rows of different heights, by their offsets. */
export const unevenWindow = (
  offsets: Float64Array,
  scrollTopPx: number,
  viewPx: number,
  overscan: number,
): RowWindow => {
  const count = offsets.length - 1;
  const start = Math.max(0, rowAt(offsets, scrollTopPx) - overscan);
  const end = Math.min(count, rowAt(offsets, scrollTopPx + viewPx) + 1 + overscan);
  return { start, end: Math.max(start, end), topPx: offsets[start] ?? 0, totalPx: offsets[count] ?? 0 };
};

/** How far to scroll so that the row is wholly in view; null when it is. */
export const scrollToShow = (topPx: number, heightPx: number, scrollTopPx: number, viewPx: number): number | null => {
  if (topPx < scrollTopPx) return topPx;
  if (topPx + heightPx > scrollTopPx + viewPx) return topPx + heightPx - viewPx;
  return null;
};

// ---- helpers

/** The row at this place; the last one beyond the end. */
const rowAt = (offsets: Float64Array, px: number): number => {
  let [low, high] = [0, Math.max(0, offsets.length - 2)];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (offsets[middle]! <= px) low = middle;
    else high = middle - 1;
  }
  return low;
};
