/** Makes the tables of a chDB that does not run forget the tokens of rows they do not have: see `orphaned-tokens.ts`. */
import { mkdir, open, readdir, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { flushDirectory } from '../durable-file.ts';
import { orphanedTokens, readDeduplicationLog, type TokenRecord, writeDeduplicationLog } from './orphaned-tokens.ts';

/**
 * Durable once resolved. Nothing may have the tables open.
 * @param path of the engine
 * @returns how many tokens were taken back
 * @throws Error of the operating system, ENOSPC where the disk has no room for a copy of a log: some megabytes at most
 */
export const takeBackOrphanedTokens = async (path: string): Promise<number> => {
  let count = 0;
  for (const { directory, orphans, logs } of await readTables(path)) {
    count += orphans.size;
    for (const { name, records, tornLines } of logs) {
      const kept = records.filter((record) => !orphans.has(record));
      if (kept.length < records.length || tornLines > 0) {
        await replace(path, join(directory, logsDirectory, name), writeDeduplicationLog(kept));
      }
    }
  }
  return count;
};

/** May be asked of an engine that runs, while nothing is inserted. */
export const hasOrphanedTokens = async (path: string): Promise<boolean> =>
  (await readTables(path)).some(({ orphans }) => orphans.size > 0);

interface Table {
  readonly directory: string;
  readonly logs: readonly {
    readonly name: string;
    readonly records: readonly TokenRecord[];
    readonly tornLines: number;
  }[];
  readonly orphans: ReadonlySet<TokenRecord>;
}

const logsDirectory = 'deduplication_logs';

const readTables = async (path: string): Promise<readonly Table[]> => {
  const tables: Table[] = [];
  for (const prefix of await namesIn(join(path, 'store'))) {
    for (const id of await namesIn(join(path, 'store', prefix))) {
      const directory = join(path, 'store', prefix, id);
      const names = (await namesIn(join(directory, logsDirectory))).filter((name) => logName.test(name));
      const logs = [];
      for (const name of names.toSorted((a, b) => numberOf(a) - numberOf(b))) {
        const text = await readFile(join(directory, logsDirectory, name), 'utf8');
        logs.push({ name, ...readDeduplicationLog(text) });
      }
      if (logs.length === 0) continue;
      // After the logs: a part that a record told of is there by now, or what it was merged into.
      const orphans = orphanedTokens(
        logs.flatMap(({ records }) => records),
        await namesIn(directory),
      );
      tables.push({ directory, logs, orphans });
    }
  }
  return tables;
};

const logName = /^deduplication_log_\d+\.txt$/;
const numberOf = (name: string): number => Number(/\d+/.exec(name)![0]);

/** Of a directory that is not there, or is a file: none. */
const namesIn = (directory: string): Promise<string[]> =>
  readdir(directory).catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' || error.code === 'ENOTDIR' ? [] : Promise.reject(error),
  );

/** The copy is made elsewhere: of a file with another name among its logs a table does not load. */
const replace = async (path: string, log: string, text: string): Promise<void> => {
  const unfinished = join(path, 'tmp', 'deduplication_log.unfinished');
  await mkdir(dirname(unfinished), { recursive: true });
  const file = await open(unfinished, 'w', 0o640);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(unfinished, log);
  await flushDirectory(dirname(log));
};
