/** A waterfall narrowed to some of its spans: those, and the spans that lead to them. */
import type { SpanNode, TraceTree } from './tree.ts';

export interface Narrowing {
  /** 1 where a node is one of them, by its index. */
  readonly chosen: Uint8Array;
  /** 1 where it is, or leads to one. */
  readonly shown: Uint8Array;
}

export function narrowTo(tree: TraceTree, isChosen: (node: SpanNode) => boolean): Narrowing {
  const chosen = Uint8Array.from(tree.nodes, (node) => (isChosen(node) ? 1 : 0));
  const shown = chosen.slice();
  // Depth first: whatever is below a node comes after it.
  for (let i = tree.nodes.length - 1; i >= 0; i--) {
    const parent = tree.nodes[i]!.parent;
    if (shown[i] === 1 && parent !== null) shown[parent.index] = 1;
  }
  return { chosen, shown };
}
