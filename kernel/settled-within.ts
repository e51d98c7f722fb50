/** Waits for work, but only so long. What takes longer goes on; nobody waits for it any more. */

/**
 * How it ended; undefined when it has not within the time, or before `signal` aborted. Never rejects, and work that
 * rejects later harms nobody.
 */
export const settledWithin = async <Result>(
  work: Promise<Result>,
  withinMs: number,
  signal?: AbortSignal,
): Promise<PromiseSettledResult<Result> | undefined> => {
  const { promise: over, resolve } = Promise.withResolvers<undefined>();
  const giveUp = (): void => resolve(undefined);
  const timer = setTimeout(giveUp, withinMs);
  signal?.addEventListener('abort', giveUp);
  if (signal?.aborted) giveUp();
  const settled = Promise.allSettled([work]).then(([outcome]) => outcome);
  try {
    return await Promise.race([settled, over]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', giveUp);
  }
};
