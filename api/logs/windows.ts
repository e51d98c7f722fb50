/**
 * A range in pieces, from the end that a list begins with: a quarter of an hour, then sixteen times as much, and so on. On a busy
 * project the first piece fills the page, and nobody has to sort a day of lines for it; for a rare word the pieces soon
 * cover everything.
 */

export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

const firstMs = 900_000;
const growth = 16;

/** Together they are `[fromMs, toMs)`, without overlap; a range that is empty is one piece. */
export function* windowsOf({ fromMs, toMs }: Window, order: 'newest' | 'oldest'): Generator<Window> {
  let [from, to] = [fromMs, toMs];
  for (let widthMs = firstMs; to - from > widthMs; widthMs *= growth) {
    if (order === 'newest') {
      yield { fromMs: to - widthMs, toMs: to };
      to -= widthMs;
    } else {
      yield { fromMs: from, toMs: from + widthMs };
      from += widthMs;
    }
  }
  yield { fromMs: from, toMs: to };
}
