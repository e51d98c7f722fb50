/** What has been started, and how it ends: the newest first, since each part stands on those before it. */

export interface Stops {
  /** What is added when all has been told to end, by a start that was still under way, ends at once. */
  add(stop: () => Promise<unknown>): void;
  /**
   * Ends everything, each part once, also after one that could not be ended: others must not be left open for it.
   * @throws what the first of those threw.
   */
  run(): Promise<void>;
}

export const collectStops = (): Stops => {
  const stops: (() => Promise<unknown>)[] = [];
  let ending = false;
  return {
    add(stop) {
      if (ending) stop().catch(() => {});
      else stops.push(stop);
    },
    async run() {
      ending = true;
      const failures: unknown[] = [];
      for (const stop of stops.splice(0).reverse()) await stop().catch((error: unknown) => failures.push(error));
      if (failures.length > 0) throw failures[0];
    },
  };
};
