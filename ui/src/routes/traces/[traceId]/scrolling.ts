/** Which rows of a long list are in view, and where to scroll so that one of them is. */

/** Drawn beyond the edges, so that a fast scroll does not show an empty strip. */
const overscanRows = 8;

/** `[from, to)` of the rows to draw. */
export function rowsInView(scrollTopPx: number, heightPx: number, rowPx: number, count: number) {
  const first = Math.floor(scrollTopPx / rowPx);
  const from = Math.max(0, Math.min(count, first) - overscanRows);
  const to = Math.min(count, first + Math.ceil(heightPx / rowPx) + 1 + overscanRows);
  return { from, to: Math.max(from, to) };
}

/** A step scrolls the least that shows the row with one more above and below it, a jump from out of sight centres it. */
export function scrollFor(
  index: number,
  scrollTopPx: number,
  heightPx: number,
  rowPx: number,
  how: 'jump' | 'step',
): number {
  const top = index * rowPx;
  if (top - rowPx >= scrollTopPx && top + 2 * rowPx <= scrollTopPx + heightPx) return scrollTopPx;
  const near = top > scrollTopPx - heightPx / 2 && top < scrollTopPx + heightPx * 1.5;
  if (how === 'jump' || !near) return Math.max(0, top - heightPx / 2 + rowPx / 2);
  return Math.max(0, top < scrollTopPx + rowPx ? top - rowPx : top + 2 * rowPx - heightPx);
}
