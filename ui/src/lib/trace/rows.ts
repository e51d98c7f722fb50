/** The rows a reader sees: the tree as it is folded, filtered and opened at the moment, gaps among the children. */
import type { Gaps } from './gaps.ts';
import type { Narrowing } from './narrowing.ts';
import { foldRepeats, type Repeat, repeatKey } from './repeats.ts';
import type { Interval } from './stretches.ts';
import type { SpanNode, TraceTree } from './tree.ts';

interface Place {
  readonly key: string;
  readonly depth: number;
  /** Bit n is set where the line of level n runs on below this row; levels from 31 on draw none. */
  readonly guides: number;
  /** One-based among its siblings, as aria-posinset and aria-setsize want it. */
  readonly position: number;
  readonly siblings: number;
  /** Null for a row that cannot be opened. */
  readonly open: boolean | null;
}
export interface SpanRow extends Place {
  readonly kind: 'span';
  readonly node: SpanNode;
}
export interface RepeatRow extends Place {
  readonly kind: 'repeat';
  readonly repeat: Repeat;
}
export interface GapRow extends Place {
  readonly kind: 'gap';
  readonly gap: Interval;
}
export type Row = SpanRow | RepeatRow | GapRow;

export interface View {
  /** Keys of spans whose children are hidden. */
  readonly closed: ReadonlySet<string>;
  /** Keys of folds whose spans are shown. */
  readonly opened: ReadonlySet<string>;
  readonly groupRepeats: boolean;
  /** Null where gaps are not shown. */
  readonly gaps: Gaps | null;
  /** Only spans that failed, and what leads to them. */
  readonly errorsOnly: boolean;
  /** To some spans, whether they failed or not, and what leads to them; without gaps, which tell of all. Null shows all. */
  readonly narrowed: Narrowing | null;
}

type Item = SpanNode | Repeat | Interval;
interface Waiting {
  item: Item;
  key: string;
  depth: number;
  guides: number;
  position: number;
  siblings: number;
}

export function visibleRows(tree: TraceTree, view: View): Row[] {
  const rows: Row[] = [];
  const stack: Waiting[] = [];
  pushAll(stack, inside(tree.roots, null, view), '', 0, 0);
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    const { item, depth, guides } = at;
    if ('children' in item) {
      const items = inside(item.children, item, view);
      const open = items.length === 0 ? null : !view.closed.has(item.key);
      rows.push({ kind: 'span', node: item, ...place(at, open) });
      if (open) pushAll(stack, items, item.key, depth + 1, guides);
    } else if ('nodes' in item) {
      const open = view.opened.has(item.key);
      rows.push({ kind: 'repeat', repeat: item, ...place(at, open) });
      if (open) pushAll(stack, item.nodes, item.key, depth + 1, guides);
    } else {
      rows.push({ kind: 'gap', gap: item, ...place(at, null) });
    }
  }
  return rows;
}

/** The view with everything opened that hides `node`. */
export function revealed(view: View, node: SpanNode): View {
  const closed = new Set(view.closed);
  const opened = new Set(view.opened);
  for (let at: SpanNode | null = node; at !== null; at = at.parent) {
    if (at !== node) closed.delete(at.key);
    const fold = repeatKey(at);
    if (fold !== null) opened.add(fold);
  }
  const errorsOnly = view.errorsOnly && node.errors > 0;
  const narrowed = view.narrowed?.shown[node.index] === 1 ? view.narrowed : null;
  return { ...view, closed, opened, errorsOnly, narrowed };
}

/** The view with every span from `level` on closed: 1 leaves the roots and their children. */
export function closedFrom(tree: TraceTree, view: View, level: number): View {
  const closed = new Set(tree.nodes.filter((node) => node.depth >= level && node.size > 1).map((node) => node.key));
  return { ...view, closed, opened: new Set() };
}

const place = (at: Waiting, open: boolean | null): Place => ({
  key: at.key,
  depth: at.depth,
  guides: at.guides,
  position: at.position,
  siblings: at.siblings,
  open,
});

/** What stands below a span: its children, folded or filtered, and its gaps between them. */
function inside(children: readonly SpanNode[], parent: SpanNode | null, view: View): readonly Item[] {
  if (view.narrowed !== null) return narrowedChildren(children, view.narrowed, view);
  if (view.errorsOnly) return children.filter((node) => node.errors > 0);
  const items = view.groupRepeats ? foldRepeats(children) : children;
  const gaps = parent === null ? undefined : view.gaps?.get(parent.index);
  return gaps === undefined ? items : byTime(items, gaps);
}

/** A fold of spans that only lead to others would hide those. */
function narrowedChildren(children: readonly SpanNode[], { chosen, shown }: Narrowing, view: View): readonly Item[] {
  const kept = children.filter((node) => shown[node.index] === 1);
  return view.groupRepeats ? foldRepeats(kept, (node) => chosen[node.index] === 1) : kept;
}

/** Both are in order of time already, and a gap comes before what ended it. */
function byTime(items: readonly (SpanNode | Repeat)[], gaps: readonly Interval[]): Item[] {
  const merged: Item[] = [];
  let next = 0;
  for (const item of items) {
    while (next < gaps.length && gaps[next]!.fromMs < item.startMs) merged.push(gaps[next++]!);
    merged.push(item);
  }
  return [...merged, ...gaps.slice(next)];
}

function pushAll(stack: Waiting[], items: readonly Item[], parentKey: string, depth: number, guides: number): void {
  for (let i = items.length - 1; i >= 0; i--) {
    const item = items[i]!;
    const runsOn = depth < 31 && i < items.length - 1 ? 1 << depth : 0;
    stack.push({
      item,
      key: 'key' in item ? item.key : `${parentKey}@${item.fromMs}`,
      depth,
      guides: guides | runsOn,
      position: i + 1,
      siblings: items.length,
    });
  }
}
