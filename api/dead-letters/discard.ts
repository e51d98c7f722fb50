/** Dead letters are given up, by decision of a person: they are not offered any more, and go when the log drops them. */
import type { Log } from '../../kernel/log/log.ts';
import type { FiledLetter } from '../../kernel/state/filed-letters.ts';
import type { DeadLetterPages } from '../../kernel/state/letter-pages.ts';
import type { Handler } from '../handler.ts';
import { decide } from './decide.ts';

export const discardDeadLetters =
  (pages: DeadLetterPages, log: Log): Handler<'discardDeadLetters'> =>
  ({ ids }, { tenant }) =>
    decide(pages, log, tenant, ids, {
      whyNot: (letter) => (letter.status === 'discarded' ? 'It was given up already.' : whyKept(letter)),
      decisionOn: async () => ({ decision: 'discard' }),
      outcomeOf(_before, now) {
        const reason = whyKept(now);
        if (reason !== undefined) return { failed: reason };
        return now.status === 'discarded' ? 'changed' : undefined;
      },
    });

const whyKept = ({ status }: FiledLetter): string | undefined => {
  if (status === 'retrying') return 'It is being put back.';
  return status === 'retried' ? 'It was put back.' : undefined;
};
