/** Where a group goes on that committed a place which the log may have deleted or lost since. */
import type { CommittedOffset, Extent, ResumePlace } from './log.ts';

/**
 * At the oldest record kept when it never committed. At the end when it had come further than the log goes, and without
 * its note: from there on the log has other records than the group has read, and none of what it had begun.
 */
export const placeWithin = (
  committed: CommittedOffset | undefined,
  { startOffset, endOffset }: Extent,
): ResumePlace => {
  if (committed === undefined) return { offset: startOffset, metadata: '', deleted: 0, beyondEnd: 0 };
  const { offset, metadata } = committed;
  const beyondEnd = Math.max(0, offset - endOffset);
  if (beyondEnd > 0) return { offset: endOffset, metadata: '', deleted: 0, beyondEnd };
  return { offset: Math.max(offset, startOffset), metadata, deleted: Math.max(0, startOffset - offset), beyondEnd };
};
