/** Everything about a trace that does not depend on how it is looked at; worked out once when it arrives. */
import { type CriticalPath, criticalPath } from './critical-path.ts';
import { failureOf } from './failure.ts';
import { findGaps, type Gaps } from './gaps.ts';
import type { RowSpan } from './row-span.ts';
import { type ServiceShare, selfTimes, serviceShares } from './self-time.ts';
import { cutIntoStretches } from './stretches.ts';
import { buildTree, type SpanNode, type TraceTree } from './tree.ts';

export interface TraceLayout {
  readonly tree: TraceTree;
  readonly path: CriticalPath;
  readonly gaps: Gaps;
  /** Milliseconds by a node's index. */
  readonly selfMs: Float64Array;
  readonly shares: readonly ServiceShare[];
  /** Failed spans with no failed span below them, in order of the tree. */
  readonly origins: readonly SpanNode[];
}

export function layOut(spans: readonly RowSpan[], correctClocks: boolean): TraceLayout {
  const tree = buildTree(spans, { correctClocks });
  const stretches = cutIntoStretches(tree);
  const selfMs = selfTimes(tree, stretches);
  return {
    tree,
    path: criticalPath(tree, stretches),
    gaps: findGaps(tree, stretches),
    selfMs,
    shares: serviceShares(tree, selfMs),
    origins: tree.nodes.filter((node) => failureOf(node)?.origin),
  };
}
