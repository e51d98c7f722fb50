/** Where a group goes on that committed a place which the log may have deleted since. */
import type { CommittedOffset, Extent, ResumePlace } from './log.ts';

/** At the oldest record kept when it never committed, or when its place is none of this log's: its note is not either. */
export const placeWithin = (
  committed: CommittedOffset | undefined,
  { startOffset, endOffset }: Extent,
): ResumePlace => {
  if (committed === undefined || committed.offset > endOffset) {
    return { offset: startOffset, metadata: '', deleted: 0 };
  }
  const { offset, metadata } = committed;
  return { offset: Math.max(offset, startOffset), metadata, deleted: Math.max(0, startOffset - offset) };
};
