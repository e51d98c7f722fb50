/** Whose details to ask for when a row is looked at: its own, and with them those of the rows near it. */
import type { RowSpan } from './row-span.ts';
import type { Row } from './rows.ts';
import type { SpanNode } from './tree.ts';

/** Moving through rows asks once in so many. */
const rowsAtOnce = 32;
/** Of a repeat, however many spans it folds: the API answers a hundred ids at most. */
const firstOfRepeat = 90;
const slowestOfRepeat = 5;

export interface WantedDetails {
  /** What the panel of the row shows. */
  readonly needed: readonly RowSpan[];
  /** Those and what may be looked at next. */
  readonly all: readonly RowSpan[];
}

export function wantedDetails(rows: readonly Row[], index: number): WantedDetails {
  const row = rows[index];
  if (row === undefined || row.kind === 'gap') return { needed: [], all: [] };
  if (row.kind === 'repeat') {
    const { nodes } = row.repeat;
    const needed = spansOf([...new Set([...slowest(nodes), ...nodes.slice(0, firstOfRepeat)])]);
    return { needed, all: needed };
  }
  const first = index - (index % rowsAtOnce);
  const near = rows.slice(first, first + rowsAtOnce).flatMap((other) => (other.kind === 'span' ? [other.node] : []));
  return { needed: spansOf([row.node]), all: spansOf(near) };
}

/** The longest first. */
export const slowest = (nodes: readonly SpanNode[]): SpanNode[] =>
  nodes.toSorted((a, b) => b.endMs - b.startMs - (a.endMs - a.startMs)).slice(0, slowestOfRepeat);

const spansOf = (nodes: readonly SpanNode[]): RowSpan[] => nodes.flatMap(({ span }) => (span === null ? [] : [span]));
