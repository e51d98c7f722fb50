/**
 * The telemetry store's part of a backup. chDB never changes the files of a part, so freezing a table makes hard links
 * to them, and they can be copied when there is time. What does change, the lists of tokens above all, is read at once.
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Telemetry } from '../telemetry/client.ts';
import { type Files, filesBelow } from './files.ts';

export interface TelemetryPart {
  measure(): Promise<number>;
  /** Nothing may be inserted meanwhile. */
  take(): Promise<void>;
  write(files: Files): Promise<void>;
  /** Gives the room of what has been merged away meanwhile back. */
  close(): Promise<void>;
}

interface MergeTree {
  readonly name: string;
  readonly path: string;
}

const freezeName = 'backup';
export const telemetryRoot = 'chdb';

export const openTelemetryPart = (dataDir: string, telemetry: Telemetry): TelemetryPart => {
  const chdb = join(dataDir, telemetryRoot);
  const mutable = new Map<string, Buffer>();
  let tables: readonly MergeTree[] = [];
  const inBackup = (path: string): string => join(telemetryRoot, relative(chdb, path));

  return {
    async measure() {
      const [sum] = await telemetry.inspect<{ bytes: string }>(
        'SELECT toString(sum(bytes_on_disk)) AS bytes FROM system.parts WHERE active AND database = currentDatabase()',
      );
      return Number(sum?.bytes ?? 0);
    },
    async take() {
      await thaw(dataDir);
      tables = await telemetry.inspect<MergeTree>(
        `SELECT name, data_paths[1] AS path FROM system.tables
         WHERE database = currentDatabase() AND engine LIKE '%MergeTree'`,
      );
      const freeze = async ({ name, path }: MergeTree): Promise<void> => {
        await telemetry.command(`ALTER TABLE \`${name}\` FREEZE WITH NAME '${freezeName}'`);
        for (const file of await mutableFiles(path)) {
          const content = await readIfThere(file);
          if (content) mutable.set(inBackup(file), content);
        }
      };
      // The first one by itself: it makes the file in which the engine counts, and a second at the same time may find it
      // empty and fail (one backup in fifteen).
      const [first, ...others] = tables;
      if (first) await freeze(first);
      // All to their end, also when one fails: whoever removes the links must be the last.
      const taken = await Promise.allSettled(others.map(freeze));
      const failed = taken.find((each) => each.status === 'rejected');
      if (failed) throw failed.reason;
    },
    async write(files) {
      const data = new Set(tables.map(({ path }) => inBackup(path)));
      const leaveOut = (path: string) =>
        path === join(telemetryRoot, 'shadow') || path === join(telemetryRoot, 'tmp') || data.has(path);
      await files.copy(filesBelow(chdb, telemetryRoot, leaveOut));
      await files.copy(filesBelow(join(chdb, 'shadow', freezeName), telemetryRoot));
      for (const [path, content] of mutable) await files.write(path, content);
      await files.copy([...data].map((path) => ({ path: join(path, 'detached'), directory: true as const })));
    },
    close: () => thaw(dataDir),
  };
};

/** Removes the links that a backup made, also one that was killed. */
export const thaw = (dataDir: string): Promise<void> =>
  rm(join(dataDir, telemetryRoot, 'shadow'), { recursive: true, force: true });

/** What is beside the parts of a table: its format, the tokens of its last inserts, deletions that are not done yet. */
const mutableFiles = async (table: string): Promise<string[]> => {
  const names = await readdir(table, { withFileTypes: true });
  const tokens = await readdir(join(table, tokensDirectory)).catch(() => []);
  return [
    ...names.filter((each) => each.isFile()).map(({ name }) => join(table, name)),
    ...tokens.map((name) => join(table, tokensDirectory, name)),
  ];
};

/** A deletion that is done takes its file away. */
const readIfThere = (path: string): Promise<Buffer | undefined> =>
  readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });

const tokensDirectory = 'deduplication_logs';
