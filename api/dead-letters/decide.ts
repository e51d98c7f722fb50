/**
 * Decides on dead letters for people: the decisions are appended to the log, a decider takes them in order, and its rows
 * say what became of them. Whoever asked is answered once they do, or told that they will.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { decisionRecord } from '../../kernel/letter-on-log.ts';
import { type Log, LogFullError } from '../../kernel/log/log.ts';
import type { FiledLetter } from '../../kernel/state/filed-letters.ts';
import type { DeadLetterPages } from '../../kernel/state/letter-pages.ts';
import type { Tenant } from '../../kernel/telemetry/client.ts';
import { type DeadLetterDecision, deadLettersTopic } from '../../kernel/topics.ts';
import { ApiError } from '../api-error.ts';
import type { Answer } from '../contract.ts';

export interface Deciding {
  /** Why nothing can be decided on a letter as it is; undefined when it can. */
  whyNot(letter: FiledLetter): string | undefined;
  decisionOn(letter: FiledLetter): Promise<DeadLetterDecision>;
  /** What became of the decision; undefined while nothing has. */
  outcomeOf(before: FiledLetter, now: FiledLetter): 'changed' | { readonly failed: string } | undefined;
}

const waitMs = 10_000;
const lookEveryMs = 50;

export const decide = async (
  pages: DeadLetterPages,
  log: Log,
  tenant: Tenant,
  ids: readonly string[],
  { whyNot, decisionOn, outcomeOf }: Deciding,
): Promise<Answer<'retryDeadLetters'>> => {
  const wanted = [...new Set(ids)];
  const letters = await pages.byIds(tenant, wanted);
  const failed: { id: string; reason: string }[] = [];
  const undecided = new Map<string, FiledLetter>();
  for (const id of wanted) {
    const letter = letters.get(id);
    const reason = letter === undefined ? 'There is no dead letter with this id.' : whyNot(letter);
    if (reason !== undefined) failed.push({ id, reason });
    else undecided.set(id, letter!);
  }
  const decisions = await Promise.all(
    [...undecided].map(async ([id, letter]) => decisionRecord(id, await decisionOn(letter))),
  );
  if (decisions.length > 0) await append(log, decisions);

  let changed = 0;
  const untilMs = performance.now() + waitMs;
  while (undecided.size > 0 && performance.now() < untilMs) {
    await sleep(lookEveryMs);
    const now = await pages.byIds(tenant, [...undecided.keys()]);
    for (const [id, before] of undecided) {
      const after = now.get(id);
      const outcome =
        after === undefined
          ? { failed: 'It is there no more: too old, or its record was replayed.' }
          : outcomeOf(before, after);
      if (outcome === undefined) continue;
      if (outcome === 'changed') changed++;
      else failed.push({ id, reason: outcome.failed });
      undecided.delete(id);
    }
  }
  return { changed, pending: [...undecided.keys()], failed };
};

const append = async (log: Log, decisions: Parameters<Log['append']>[1]): Promise<void> => {
  try {
    await log.append(deadLettersTopic.name, decisions);
  } catch (error) {
    if (!(error instanceof LogFullError)) throw error;
    throw new ApiError('UNAVAILABLE', 'The log takes nothing new at the moment. Try again in a few seconds.');
  }
};
