/** Dead letters of a project, page by page, and what they have in common. */
import type { DeadLetterPages } from '../../kernel/state/letter-pages.ts';
import { ApiError } from '../api-error.ts';
import type { Handler } from '../handler.ts';
import { deadLetterOf } from './letter.ts';

export const listDeadLetters =
  (pages: DeadLetterPages): Handler<'listDeadLetters'> =>
  async ({ status, processor, reason, limit, cursor }, { tenant }) => {
    const after = cursor === undefined ? undefined : parseCursor(cursor);
    const [found, groups, counts] = await Promise.all([
      pages.page(tenant, { status, processor, reason, limit: limit + 1, after }),
      pages.groups(tenant),
      pages.counts(tenant),
    ]);
    const shown = found.slice(0, limit);
    const last = shown.at(-1);
    return {
      deadLetters: shown.map(deadLetterOf),
      nextCursor: found.length > limit && last ? `${last.setAsideAtMs}-${last.id}` : null,
      groups,
      counts,
    };
  };

/** When the last letter seen was set aside, and its id. */
const parseCursor = (cursor: string) => {
  const [, setAsideAtMs, id] = /^(\d{1,15})-([\w-]{1,200})$/.exec(cursor) ?? [];
  if (setAsideAtMs === undefined || id === undefined) {
    throw new ApiError('INVALID_REQUEST', '"cursor" must be the nextCursor of an earlier page.');
  }
  return { setAsideAtMs: Number(setAsideAtMs), id };
};
