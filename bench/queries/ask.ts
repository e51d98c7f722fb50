/** Asks one question many times, one call after the other, and tells how long the answers took. */
import type { Dataset } from './dataset.ts';
import type { Asked, Question } from './questions.ts';
import { randomFrom } from './random.ts';

export interface Taken {
  readonly p50Ms: number;
  readonly p95Ms: number;
  /** Of how many calls the answer held anything. */
  readonly found: number;
  /** Per call, as the store says. */
  readonly rowsRead: number;
  readonly storeMs: number;
}

export interface Answer {
  readonly found: number;
  readonly rowsRead: number;
  readonly storeMs: number;
}

const warmUp = 5;

/** Asks the same `calls` questions of whoever answers; some others come first, unmeasured. */
export const askMany = async (
  question: Question,
  dataset: Dataset,
  calls: number,
  answer: (asked: Asked) => Promise<Answer>,
): Promise<Taken> => {
  const before = randomFrom(2);
  for (let i = 0; i < warmUp; i++) await answer(question.ask(dataset, before));
  const random = randomFrom(1);
  const taken: number[] = [];
  const answers: Answer[] = [];
  for (let i = 0; i < calls; i++) {
    const asked = question.ask(dataset, random);
    const startedMs = performance.now();
    answers.push(await answer(asked));
    taken.push(performance.now() - startedMs);
  }
  const sorted = taken.sort((a, b) => a - b);
  const mean = (of: (answer: Answer) => number): number => answers.reduce((sum, one) => sum + of(one), 0) / calls;
  return {
    p50Ms: sorted[Math.ceil(calls * 0.5) - 1]!,
    p95Ms: sorted[Math.ceil(calls * 0.95) - 1]!,
    found: answers.filter(({ found }) => found > 0).length,
    rowsRead: mean(({ rowsRead }) => rowsRead),
    storeMs: mean(({ storeMs }) => storeMs),
  };
};
