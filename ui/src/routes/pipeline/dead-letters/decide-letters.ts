/** Puts dead letters back or gives them up, as many at a time as the API takes, and adds up what became of them. */
import { type ApiFailure, failureOf, post } from '#lib/api.ts';

export type LetterAction = 'retry' | 'discard';

export interface LetterOutcome {
  readonly action: LetterAction;
  readonly changed: number;
  /** Decided, and on its way. */
  readonly pending: readonly string[];
  readonly failed: readonly { readonly id: string; readonly reason: string }[];
  /** Why it stopped before the end; those after it were not asked for. */
  readonly stopped: ApiFailure | undefined;
}

const mostAtOnce = 500;

/** @param told after each request, so that a large number shows how far it is */
export const decideLetters = async (
  action: LetterAction,
  projectId: string,
  ids: readonly string[],
  told: (done: number) => void = () => {},
): Promise<LetterOutcome> => {
  let changed = 0;
  const pending: string[] = [];
  const failed: { id: string; reason: string }[] = [];
  for (let at = 0; at < ids.length; at += mostAtOnce) {
    const some = ids.slice(at, at + mostAtOnce);
    try {
      const answer =
        action === 'retry'
          ? await post('/projects/:projectId/dead-letters/retry', { projectId }, { ids: some })
          : await post('/projects/:projectId/dead-letters/discard', { projectId }, { ids: some });
      changed += answer.changed;
      pending.push(...answer.pending);
      failed.push(...answer.failed);
      told(at + some.length);
    } catch (error) {
      return { action, changed, pending, failed, stopped: failureOf(error) };
    }
  }
  return { action, changed, pending, failed, stopped: undefined };
};
