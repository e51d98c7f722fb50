/** Where the embedded store keeps the tokens of each table: files beside its parts, to which ClickHouse appends. */
import { mkdir, open, readdir, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { flushDirectory } from '../durable-file.ts';

export interface LogFile {
  readonly path: string;
  readonly text: string;
}

/** The directories of all tables. @param path of the engine */
export const tableDirectories = async (path: string): Promise<readonly string[]> => {
  const directories: string[] = [];
  for (const prefix of await namesIn(join(path, 'store'))) {
    for (const id of await namesIn(join(path, 'store', prefix))) directories.push(join(path, 'store', prefix, id));
  }
  return directories;
};

/** Where the logs of a table are, in the order in which they were written. None where the table remembers no tokens. */
export const logPathsOf = async (table: string): Promise<readonly string[]> =>
  (await namesIn(join(table, logsDirectory)))
    .filter((name) => logName.test(name))
    .toSorted((a, b) => numberOf(a) - numberOf(b))
    .map((name) => join(table, logsDirectory, name));

export const readLogs = (paths: readonly string[]): Promise<LogFile[]> =>
  Promise.all(paths.map(async (path) => ({ path, text: await readFile(path, 'utf8') })));

/**
 * What was appended to a log since it had `fromByte` bytes, in Latin-1, as tokens and names of parts are.
 * @returns the text, and where its last whole line ends in the log
 */
export const readAppended = async (path: string, fromByte: number): Promise<{ text: string; endByte: number }> => {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    if (size === fromByte) return { text: '', endByte: fromByte };
    const start = size < fromByte ? 0 : fromByte;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
    const text = buffer.toString('latin1', 0, bytesRead);
    return { text, endByte: start + text.lastIndexOf('\n') + 1 };
  } finally {
    await file.close();
  }
};

/** Of a directory that is not there, or is a file: none. */
export const namesIn = (directory: string): Promise<string[]> =>
  readdir(directory).catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' || error.code === 'ENOTDIR' ? [] : Promise.reject(error),
  );

/**
 * Durable once resolved. Nothing may have the table open.
 * The copy is made elsewhere: of a file with another name among its logs a table does not load.
 * @param path of the engine
 */
export const replaceLog = async (path: string, { path: log, text }: LogFile): Promise<void> => {
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

const logsDirectory = 'deduplication_logs';
const logName = /^deduplication_log_\d+\.txt$/;
const numberOf = (name: string): number => Number(/\d+/.exec(name)![0]);
