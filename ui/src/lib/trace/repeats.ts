/** Folds siblings that are the same call over and over, so that 38 equal queries read as one line. */
import type { SpanNode } from './tree.ts';

export interface Repeat {
  /** The same at every load: a link to the opened fold keeps working. */
  readonly key: string;
  /** By start, at least three, of one service, name and kind, none with an error in it or below it. */
  readonly nodes: readonly SpanNode[];
  readonly startMs: number;
  readonly endMs: number;
  /** The durations together; more than `endMs - startMs` where they ran at once. */
  readonly totalMs: number;
}

export const leastRepeats = 3;

/** The children in order, each fold at the place of its first span. @param mayFold false keeps a span out of folds */
export function foldRepeats(
  children: readonly SpanNode[],
  mayFold: (node: SpanNode) => boolean = () => true,
): readonly (SpanNode | Repeat)[] {
  if (!isAnyNameRepeated(children)) return children;
  const alike = new Map<string, SpanNode[]>();
  const keyOf = (node: SpanNode) => (mayFold(node) ? repeatKey(node) : null);
  for (const node of children) {
    const key = keyOf(node);
    if (key === null) continue;
    const others = alike.get(key);
    if (others === undefined) alike.set(key, [node]);
    else others.push(node);
  }
  const folded: (SpanNode | Repeat)[] = [];
  for (const node of children) {
    const key = keyOf(node);
    const nodes = key === null ? undefined : alike.get(key);
    if (key === null || nodes === undefined || nodes.length < leastRepeats) folded.push(node);
    else if (nodes[0] === node) folded.push(repeat(key, nodes));
  }
  return folded;
}

/** Cheaper than the keys, and mostly the end of it. */
function isAnyNameRepeated(children: readonly SpanNode[]): boolean {
  if (children.length < leastRepeats) return false;
  const counts = new Map<string, number>();
  for (const { span } of children) {
    if (span === null) continue;
    const count = (counts.get(span.name) ?? 0) + 1;
    if (count === leastRepeats) return true;
    counts.set(span.name, count);
  }
  return false;
}

/** Null where a span may not be hidden in a fold: it failed, or something below it did. */
export const repeatKey = ({ parent, span, errors }: SpanNode): string | null =>
  span === null || errors > 0 ? null : `${parent?.key ?? ''}/${span.service}/${span.kind}/${span.name}`;

function repeat(key: string, nodes: readonly SpanNode[]): Repeat {
  return {
    key,
    nodes,
    startMs: nodes[0]!.startMs,
    endMs: nodes.reduce((end, node) => Math.max(end, node.endMs), 0),
    totalMs: nodes.reduce((sum, node) => sum + node.endMs - node.startMs, 0),
  };
}
