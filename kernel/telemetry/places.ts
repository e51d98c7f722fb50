/** A bounded number of places, taken by one statement each; who comes when all are taken waits, up to a limit, in order. */

export interface Places {
  /** @throws TooManyWaitingError when `maxWaiting` others wait already. */
  hold<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Works alone, before all who wait. For one at a time: two would each hold places that the other waits for. */
  holdAll<Result>(work: () => Promise<Result>): Promise<Result>;
}

export class TooManyWaitingError extends Error {
  override readonly name = 'TooManyWaitingError';
}

export const openPlaces = ({ maxOpen, maxWaiting }: { maxOpen: number; maxWaiting: number }): Places => {
  const waiting: (() => void)[] = [];
  let taken = 0;
  const take = async (): Promise<void> => {
    if (taken >= maxOpen) {
      if (waiting.length >= maxWaiting) {
        throw new TooManyWaitingError(`${maxWaiting} statements wait for the telemetry store already.`);
      }
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else taken++;
  };
  // A waiter inherits the place of whoever wakes it, so `taken` changes only when nobody waits.
  const release = (): void => {
    const next = waiting.shift();
    if (next) next();
    else taken--;
  };
  return {
    async hold(work) {
      await take();
      try {
        return await work();
      } finally {
        release();
      }
    },
    async holdAll(work) {
      const free = maxOpen - taken;
      taken = maxOpen;
      const others = Array.from(
        { length: maxOpen - free },
        () => new Promise<void>((resolve) => waiting.unshift(resolve)),
      );
      await Promise.all(others);
      try {
        return await work();
      } finally {
        for (let i = 0; i < maxOpen; i++) release();
      }
    },
  };
};
