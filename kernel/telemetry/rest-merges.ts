/**
 * Lets merges rest while the disk is nearly full. A merge of chDB 26.7 that finds no room can put a part that cannot be
 * read in the place of those it was made of; what an insert that finds none leaves behind, `doubted-inserts.ts` mends.
 */
import { isDiskLow, measureDisk } from '../disk-space.ts';
import { lookEvery } from '../look-every.ts';

export interface MergesOptions {
  /** Any directory of the file system that holds the tables. */
  readonly directory: string;
  readonly command: (sql: string) => Promise<void>;
  /** Told in a sentence when merges are to rest and when they go on. */
  readonly report: (sentence: string) => void;
  readonly intervalMs?: number;
  /** For tests. */
  readonly measure?: typeof measureDisk;
}

/** Looks once before it resolves, and then every second until the returned function is called. */
export const restMergesWhileDiskIsLow = async ({
  directory,
  command,
  report,
  intervalMs = 1000,
  measure = measureDisk,
}: MergesOptions): Promise<() => void> => {
  let rest = false;
  const look = async (): Promise<void> => {
    const isLow = isDiskLow(rest, await measure(directory));
    if (isLow === rest) return;
    await command(isLow ? 'SYSTEM STOP MERGES' : 'SYSTEM START MERGES');
    rest = isLow;
    report(isLow ? restSentence : goOnSentence);
  };
  await look();
  return lookEvery(intervalMs, look);
};

export const restSentence = 'The disk of the telemetry tables is nearly full: merges rest until there is room.';
export const goOnSentence = 'The disk of the telemetry tables has room again: merges go on.';
