/**
 * What chDB 26.7 says of an insert cannot always be believed. One that failed may have left its token behind, under which
 * it would be ignored when it comes again; and where the disk is full, a part whose files are empty takes its place among
 * the others, its token is remembered, and the insert may even be called a success. Once the engine is started again it
 * looks at its parts and puts such ones aside, and their tokens can be taken back. So after an insert that is in doubt
 * nothing is inserted before that was done, and it is done once there is room; until then inserts fail, to come again.
 */
import { measureDisk } from '../disk-space.ts';
import { lookEvery } from '../look-every.ts';
import { RejectedBatchError } from '../processor.ts';
import type { DiskReport } from '../reports/instance-report.ts';
import { codeOf } from './clickhouse-errors.ts';
import { TooManyWaitingError } from './places.ts';
import type { RestartableEngine } from './restartable-engine.ts';
import { takeBackOrphanedTokens, watchOrphanedTokens } from './take-back-tokens.ts';

export interface InsertDoubts {
  /**
   * Inserts once no insert is in doubt, of which this one may be the next.
   * @throws what `insert` throws; NoRoomForRowsError, after which the same rows must come again, stored or not
   */
  settleThen(insert: () => Promise<void>): Promise<void>;
  /** Ends the looking at the disk. */
  close(): void;
}

export class NoRoomForRowsError extends Error {
  override readonly name = 'NoRoomForRowsError';
}

/** `tokens`: some may have been left behind, which can be seen. `parts`: some may be empty, which the engine must see. */
export type Doubt = 'none' | 'tokens' | 'parts';

export interface InsertDoubtsOptions {
  readonly path: string;
  readonly engine: Pick<RestartableEngine, 'whileNothingIsWritten'>;
  /** What is in doubt from the start. */
  readonly doubt: Doubt;
  /** After the engine was started again, before the next insert. */
  readonly onRestart: () => Promise<void>;
  /** Told in a sentence what was taken back. */
  readonly report: (sentence: string) => void;
  readonly intervalMs?: number;
  /** For tests. */
  readonly measure?: typeof measureDisk;
}

/** Looks at the disk every second too: a merge that it was too full for leaves such a part as well. */
export const openInsertDoubts = ({
  path,
  engine,
  report,
  onRestart,
  intervalMs = 1000,
  measure = measureDisk,
  ...first
}: InsertDoubtsOptions): InsertDoubts => {
  const orphans = watchOrphanedTokens(path);
  let doubt = first.doubt;
  let settling: Promise<void> | undefined;

  const assertRoom = async (): Promise<void> => {
    if (!isDiskFull(await measure(path))) return;
    doubt = 'parts';
    throw new NoRoomForRowsError('The disk of the telemetry tables is full: rows wait until it has room.');
  };

  const settle = (): Promise<void> => {
    settling ??= settleNow().finally(() => {
      settling = undefined;
    });
    return settling;
  };
  const settleNow = async (): Promise<void> => {
    await assertRoom();
    let restarts = 0;
    await engine.whileNothingIsWritten(async (restart) => {
      let doubted = doubt;
      // What comes into doubt from here on is for the next time.
      doubt = 'none';
      try {
        // What the engine puts aside when it starts has tokens as well, so it is looked at again.
        while (doubted === 'parts' || (await orphans.areThere())) {
          if (++restarts > maxRestarts)
            throw new Error('The telemetry store finds parts that are broken again and again.');
          doubted = 'parts';
          await restart(async () => report(sentenceOf(await takeBackOrphanedTokens(path))));
          orphans.lookAtAll();
          doubted = 'tokens';
        }
      } catch (error) {
        doubt = worse(doubt, doubted);
        throw error;
      }
    });
    if (restarts > 0) await onRestart();
  };

  const close = lookEvery(intervalMs, async () => {
    await assertRoom();
    if (doubt === 'parts') await settle();
  });

  return {
    async settleThen(insert) {
      while (doubt !== 'none' || settling) await settle();
      try {
        await insert();
      } catch (error) {
        doubt = worse(doubt, doubtAfter(error));
        throw error;
      }
      await assertRoom();
    },
    close,
  };
};

/** One for what was in doubt, one for what the engine then puts aside, and one to spare. */
const maxRestarts = 3;

/** The last quarter of what is kept free (`disk-space.ts`): the rest of it is there for rows that were accepted before. */
export const isDiskFull = ({ freeBytes, reserveBytes }: DiskReport): boolean => freeBytes < reserveBytes / 4;

const worse = (a: Doubt, b: Doubt): Doubt => (a === 'parts' || b === 'none' ? a : b);

/** Rows at fault fail on the way into a part, and who was not let in did nothing; 243 is NOT_ENOUGH_SPACE. */
const doubtAfter = (error: unknown): Doubt => {
  if (error instanceof RejectedBatchError || error instanceof TooManyWaitingError) return 'none';
  return codeOf(error) === '243' || /\berrno: \d+/.test(String(error)) ? 'parts' : 'tokens';
};

const sentenceOf = (count: number): string =>
  `The telemetry store is started again after inserts that failed; ${count} of its tokens were of rows that it does not have.`;
