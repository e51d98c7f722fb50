/** Asks one question many times, one call after the other, and tells how long the answers took. */
import type { Dataset } from './dataset.ts';
import type { Asked, Question } from './question.ts';
import { randomFrom } from './random.ts';

/** What a number of calls took, and of how many of them the answer held anything. */
export interface Calls {
  readonly calls: number;
  readonly found: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

export interface Taken extends Calls {
  /** The same of each kind of a question that has several. */
  readonly kinds: ReadonlyMap<string, Calls>;
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
  for (let i = 0; i < warmUp; i++) await answer(question.ask(dataset, before, i));
  const random = randomFrom(1);
  const all: Timed[] = [];
  for (let i = 0; i < calls; i++) {
    const asked = question.ask(dataset, random, i);
    const startedMs = performance.now();
    const answered = await answer(asked);
    all.push({ ...answered, kind: asked.kind, ms: performance.now() - startedMs });
  }
  const mean = (of: (answer: Answer) => number): number => all.reduce((sum, one) => sum + of(one), 0) / calls;
  const kinds = Map.groupBy(
    all.filter(({ kind }) => kind !== undefined),
    ({ kind }) => kind!,
  );
  return {
    ...summed(all),
    kinds: new Map([...kinds].map(([kind, own]) => [kind, summed(own)])),
    rowsRead: mean(({ rowsRead }) => rowsRead),
    storeMs: mean(({ storeMs }) => storeMs),
  };
};

interface Timed extends Answer {
  readonly kind: string | undefined;
  readonly ms: number;
}

const summed = (all: readonly Timed[]): Calls => {
  const sorted = all.map(({ ms }) => ms).sort((a, b) => a - b);
  return {
    calls: all.length,
    found: all.filter(({ found }) => found > 0).length,
    p50Ms: sorted[Math.ceil(all.length * 0.5) - 1]!,
    p95Ms: sorted[Math.ceil(all.length * 0.95) - 1]!,
  };
};
