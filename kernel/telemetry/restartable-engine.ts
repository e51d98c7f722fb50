/** The engine with all connections to it, which can be ended and started again while those who ask it wait. */
import { drainPending } from 'chdb';
import { TelemetryUnavailableError } from './client.ts';
import { type Connections, openConnections } from './connections.ts';
import { startEngine } from './embedded-engine.ts';

export interface RestartableEngine {
  /** Apart from writers, so that readers can never keep rows from being stored. */
  readonly readers: Pick<Connections, 'lend'>;
  readonly writers: Pick<Connections, 'lend'>;
  /** Works while nothing is written. Of several, one works after the other. */
  whileNothingIsWritten<Result>(work: (restart: Restart) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

/**
 * Does `between` while the engine does not run and nobody has its tables open, then starts it. Where either throws, it
 * does not run, and whoever asks it is told that the store is unavailable, until a later restart succeeds.
 */
export type Restart = (between: () => Promise<void>) => Promise<void>;

export const startRestartableEngine = (path: string): RestartableEngine => {
  let engine: ReturnType<typeof startEngine> | undefined = startEngine(path);
  let closed = false;
  // The first to connect says with which settings the engine runs: nobody but `startEngine` may be that.
  const mayConnect = (): void => {
    if (engine === undefined)
      throw new TelemetryUnavailableError('The telemetry store could not be started again yet.');
  };
  const readers = openConnections(path, { maxOpen: 4, maxWaiting: 64 }, mayConnect);
  const writers = openConnections(path, { maxOpen: 2, maxWaiting: 64 }, mayConnect);

  const end = async (): Promise<void> => {
    await readers.closeFree();
    await writers.closeFree();
    engine?.close();
    engine = undefined;
    await drainPending();
  };
  const restart: Restart = (between) =>
    readers.whileNoneIsLent(async () => {
      await end();
      await between();
      if (!closed) engine = startEngine(path);
    });

  let before: Promise<unknown> = Promise.resolve();
  return {
    readers,
    writers,
    whileNothingIsWritten(work) {
      const result = before.then(() => writers.whileNoneIsLent(() => work(restart)));
      before = result.catch(() => {});
      return result;
    },
    async close() {
      closed = true;
      await readers.close();
      await writers.close();
      await end();
    },
  };
};
