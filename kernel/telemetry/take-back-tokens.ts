/** Makes the tables of a chDB that does not run forget the tokens of rows they do not have: see `orphaned-tokens.ts`. */
import {
  type LogFile,
  logPathsOf,
  namesIn,
  readAppended,
  readLogs,
  replaceLog,
  tableDirectories,
} from './deduplication-logs.ts';
import { isWholeAndStored, orphanedTokens, readDeduplicationLog, writeDeduplicationLog } from './orphaned-tokens.ts';

/**
 * Durable once resolved. Nothing may have the tables open.
 * @param path of the engine
 * @returns how many tokens were taken back
 * @throws Error of the operating system, ENOSPC where the disk has no room for a copy of a log: some megabytes at most
 */
export const takeBackOrphanedTokens = async (path: string): Promise<number> => {
  let count = 0;
  for (const table of await tableDirectories(path)) {
    const files = await readLogs(await logPathsOf(table));
    const names = await namesIn(table);
    if (files.every(({ text }) => isWholeAndStored(text, names))) continue;
    const { orphans, logs } = readTable(files, names);
    count += orphans.size;
    for (const { path: log, records, tornLines } of logs) {
      const kept = records.filter((record) => !orphans.has(record));
      if (kept.length < records.length || tornLines > 0) {
        await replaceLog(path, { path: log, text: writeDeduplicationLog(kept) });
      }
    }
  }
  return count;
};

export interface OrphanedTokens {
  /**
   * Whether any token is an orphan of those that were added since it was last found that none is: so it costs little to
   * ask again while inserts fail, one after the other. May be asked of an engine that runs, while nothing is inserted.
   */
  areThere(): Promise<boolean>;
  /** The engine was started: parts may be gone that were there before, so the next time all tokens are looked at. */
  lookAtAll(): void;
}

/** @param path of the engine */
export const watchOrphanedTokens = (path: string): OrphanedTokens => {
  /** Where what was looked at ends in each log, in bytes. */
  let looked: ReadonlyMap<string, number> = new Map();
  return {
    async areThere() {
      const lookedNow = new Map<string, number>();
      for (const table of await tableDirectories(path)) {
        const paths = await logPathsOf(table);
        const added: string[] = [];
        for (const log of paths) {
          const { text, endByte } = await readAppended(log, looked.get(log) ?? 0);
          if (text !== '') added.push(text);
          lookedNow.set(log, endByte);
        }
        if (added.length === 0) continue;
        // After the logs: a part that a record told of is there by now, or what it was merged into.
        const names = await namesIn(table);
        if (added.every((text) => isWholeAndStored(text, names))) continue;
        if (readTable(await readLogs(paths), names).orphans.size > 0) return true;
      }
      looked = lookedNow;
      return false;
    },
    lookAtAll() {
      looked = new Map();
    },
  };
};

const readTable = (files: readonly LogFile[], names: readonly string[]) => {
  const logs = files.map(({ path, text }) => ({ path, ...readDeduplicationLog(text) }));
  const orphans = orphanedTokens(
    logs.flatMap(({ records }) => records),
    names,
  );
  return { logs, orphans };
};
