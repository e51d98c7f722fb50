/** Dead letters are put back, by decision of a person, for the processor that could not take them. */
import { bytesAreGone, extentOfLetters } from '../../kernel/letter-on-log.ts';
import type { Log } from '../../kernel/log/log.ts';
import type { FiledLetter } from '../../kernel/state/filed-letters.ts';
import type { DeadLetterPages } from '../../kernel/state/letter-pages.ts';
import { topics } from '../../kernel/topics.ts';
import type { Handler } from '../handler.ts';
import { readLog } from '../read-log.ts';
import { type Deciding, decide } from './decide.ts';

export const retryDeadLetters =
  (pages: DeadLetterPages, log: Log): Handler<'retryDeadLetters'> =>
  async ({ ids }, { tenant }) => {
    const { startOffset } = await readLog(extentOfLetters(log));
    const endOffsets = readEndsOnce(log);
    return decide(pages, log, tenant, ids, {
      whyNot: (letter) => whyNot(letter, startOffset),
      // Before the decision is on the log: what follows from it is appended beyond these.
      decisionOn: async ({ topic }) => ({ decision: 'retry', endOffsets: await endOffsets(topic) }),
      outcomeOf,
    });
  };

const whyNot = ({ status, topic, letterOffset }: FiledLetter, startOffset: number): string | undefined => {
  if (status === 'retried') return 'It was put back already.';
  if (status === 'discarded') return 'It was given up.';
  if (!topics.some(({ name }) => name === topic)) return `There is no topic ${topic} any more.`;
  // What is on its way may have been put back before its bytes went.
  return status === 'open' && letterOffset < startOffset ? bytesAreGone : undefined;
};

const outcomeOf: Deciding['outcomeOf'] = (before, now) => {
  if (now.status === 'retried') return 'changed';
  if (now.status === 'discarded') return { failed: 'It was given up.' };
  const wasTried = now.attempts > before.attempts || before.status === 'retrying';
  return now.status === 'open' && wasTried ? { failed: now.failure ?? 'It could not be put back.' } : undefined;
};

/** The ends of a topic's partitions, asked for once. */
const readEndsOnce = (log: Log): ((topic: string) => Promise<readonly number[]>) => {
  const known = new Map<string, Promise<number[]>>();
  const read = async (topic: string): Promise<number[]> => {
    const partitions = Array.from({ length: await log.partitionsOf(topic) }, (_, partition) => partition);
    const extents = await Promise.all(partitions.map((partition) => log.extentOf(topic, partition)));
    return extents.map(({ endOffset }) => endOffset);
  };
  return (topic) => {
    const ends = known.get(topic) ?? readLog(read(topic));
    known.set(topic, ends);
    return ends;
  };
};
