/** The log's part of a backup: what somebody has still to read, what is never read up, and where everybody stands. */
import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { KeepFrom } from '../log/embedded-copy.ts';
import type { CopyRequest } from '../log/embedded-copy-thread.ts';
import { deadLettersTopic, topics } from '../topics.ts';

export interface LogPart {
  /** About as many bytes as the part will have. */
  measure(keepFrom: KeepFrom): Promise<number>;
  /** Resolves when the moment is taken. What is appended from then on is not in it. */
  take(): Promise<void>;
  /** Resolves when `log.db` is written, in no hurry. */
  write(keepFrom: KeepFrom): Promise<void>;
  /** Also when it is not to be written any more. */
  close(): Promise<void>;
}

export const logFile = 'log.db';

/**
 * @param directory of the backup
 * @param signal ends measuring and writing soon, which then reject with its reason
 */
export const openLogPart = (dataDir: string, directory: string, signal: AbortSignal): LogPart => {
  // SQLite alone may open the file of a running log: closing it by other means would end SQLite's locks on it.
  const workerData = { from: join(dataDir, logFile), to: join(directory, logFile) };
  const thread = new Worker(new URL('../log/embedded-copy-thread.ts', import.meta.url), {
    name: 'log-copy',
    workerData,
  });
  let failure: Error | undefined;
  thread.on('error', (error) => {
    failure = error as Error;
  });
  /** One at a time. */
  const ask = async (request: CopyRequest): Promise<number | undefined> => {
    if (failure) throw failure;
    const answered = once(thread, 'message');
    thread.postMessage(request);
    const [answer] = (await answered) as [number | undefined];
    return answer;
  };
  /** How many bytes. */
  const askForSteps = async (request: CopyRequest): Promise<number> => {
    for (let bytes = 0; ; ) {
      signal.throwIfAborted();
      const step = await ask(request);
      if (step === undefined) return bytes;
      bytes += step;
    }
  };
  return {
    measure: (keepFrom) => askForSteps({ do: 'measure', keepFrom }),
    async take() {
      await ask({ do: 'begin' });
    },
    async write(keepFrom) {
      await askForSteps({ do: 'write', keepFrom });
      await ask({ do: 'close' });
    },
    async close() {
      await thread.terminate();
    },
  };
};

/** Records that everybody has read are not needed to go on; compacted topics and dead letters are whole. */
export const keptFrom = (unreadFrom: KeepFrom): KeepFrom =>
  Object.fromEntries(
    topics
      .filter(({ name, cleanup }) => cleanup === 'delete' && name !== deadLettersTopic.name)
      .map(({ name }) => [name, unreadFrom[name] ?? Number.MAX_SAFE_INTEGER]),
  );
