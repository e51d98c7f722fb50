/** Asks a store whether it answers, in time and one question at a time, and says in a sentence why it does not. */
import { OperatorError } from '../operator-error.ts';
import { settledWithin } from '../settled-within.ts';
import type { StoreReport } from './instance-report.ts';

export interface AskedStore extends Pick<StoreReport, 'name' | 'engine'> {
  /** Rejects when the store does not answer. */
  ping(): Promise<unknown>;
}

/**
 * Never rejects. While a question is under way no other is asked: what hangs must not gather.
 * @param tell told the whole reason, once of each outage
 * @param withinMs what is slower is as good as away
 */
export const askStore = (
  { name, engine, ping }: AskedStore,
  tell: (error: unknown) => void,
  withinMs = 2_000,
): (() => Promise<StoreReport>) => {
  const late = new OperatorError(`It does not answer within ${withinMs / 1000} s.`);
  let isAway = false;
  let asking: { readonly answer: Promise<unknown>; readonly sinceMs: number } | undefined;
  const ask = () => {
    const answer = Promise.resolve()
      .then(ping)
      .finally(() => {
        asking = undefined;
      });
    return { answer, sinceMs: performance.now() };
  };
  return async () => {
    asking ??= ask();
    const { answer, sinceMs } = asking;
    const error = errorOf(await settledWithin(answer, withinMs), late);
    if (error !== undefined && !isAway) tell(error);
    isAway = error !== undefined;
    const pingMs = Math.round((performance.now() - sinceMs) * 10) / 10;
    return { name, engine, answers: error === undefined, pingMs, error: error === undefined ? '' : sentenceOf(error) };
  };
};

/** What the answer is rejected with, `late` when there is none yet; undefined when it is good. */
const errorOf = (answer: PromiseSettledResult<unknown> | undefined, late: Error): unknown => {
  if (answer === undefined) return late;
  return answer.status === 'fulfilled' ? undefined : (answer.reason ?? new Error('It gave no reason.'));
};

/** Of errors that drivers throw only the code is repeated: their messages may hold addresses with passwords in them. */
const sentenceOf = (error: unknown): string => {
  const code = codeOf(error);
  if (error instanceof OperatorError) return error.message.slice(0, 300);
  if (code === undefined) return 'It fails, for a reason that is in the log of Syntra.';
  return reasons[code] ?? `It fails with ${code}.`;
};

/** Drivers wrap the errors of sockets, and ORMs those of drivers. */
const codeOf = (error: unknown): string | undefined => {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const { code } = at as { code?: unknown };
    if (typeof code === 'string' && /^\w{1,40}$/.test(code)) return code;
  }
  return undefined;
};

/** By the codes of Node, PostgreSQL (SQLSTATE) and ClickHouse (src/Common/ErrorCodes.cpp). */
const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing listens at its address.',
  ECONNRESET: 'It ended the connection.',
  EPIPE: 'It ended the connection.',
  ENOENT: 'Nothing listens at its address.',
  ENOTFOUND: 'There is no host of its name.',
  EAI_AGAIN: 'The name of its host could not be looked up.',
  EHOSTUNREACH: 'No way leads to its host.',
  ENETUNREACH: 'No way leads to its host.',
  ETIMEDOUT: 'Its host does not answer.',
  '28P01': 'It refuses the name or the password.',
  '28000': 'It refuses the name or the password.',
  '516': 'It refuses the name or the password.',
  '57P03': 'It is starting or stopping.',
  '53300': 'It has no connection left for us.',
};
