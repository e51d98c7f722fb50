/** The two commands of the program: `backup --to DIR [--data-dir DIR]` and `restore --from DIR [--to DIR]`. */

import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Config } from '../config.ts';
import { isWhollyEmbedded } from '../stores.ts';
import { BackupError } from './manifest.ts';
import { takeOfflineBackup } from './offline.ts';
import { restoreBackup } from './restore.ts';
import { askForBackup } from './socket.ts';

/** What the commands need of the settings, and the version of this program. */
export type CommandConfig = Pick<Config, 'dataDir' | 'kafka' | 'clickhouse' | 'postgres'> & {
  readonly version: string;
};

type Print = (line: string) => void;

/**
 * Asks the Syntra that runs on the data directory for a backup; where none runs, takes it by itself.
 * @param argv what follows the command's name
 * @throws OperatorError whose message is a sentence for the person who asked
 */
export const runBackup = async (argv: readonly string[], config: CommandConfig, print: Print): Promise<void> => {
  const { to, 'data-dir': dir } = optionsOf(argv, ['to', 'data-dir'], 'backup --to DIR [--data-dir DIR]');
  if (to === undefined) throw new BackupError('Say where the backup goes: backup --to DIR.');
  assertEmbedded(config);
  const dataDir = dir === undefined ? config.dataDir : resolve(dir);
  if (!(await exists(dataDir)))
    throw new BackupError(`There is no data directory ${dataDir}: name it with --data-dir.`);
  if (await askForBackup(dataDir, resolve(to), print)) return;
  const { signal } = new AbortController();
  await takeOfflineBackup({ dataDir, version: config.version }, { to: resolve(to), signal, tell: print });
};

/**
 * Restores into `--to`, or the data directory of the settings.
 * @param argv what follows the command's name
 * @throws OperatorError whose message is a sentence for the person who asked
 */
export const runRestore = async (argv: readonly string[], config: CommandConfig, print: Print): Promise<void> => {
  const { from, to } = optionsOf(argv, ['from', 'to'], 'restore --from DIR [--to DIR]');
  if (from === undefined) throw new BackupError('Say where the backup is: restore --from DIR.');
  assertEmbedded(config);
  await restoreBackup({
    from: resolve(from),
    dataDir: to === undefined ? config.dataDir : resolve(to),
    tell: print,
  });
};

/** What servers keep they have their own backups for, and the order of them matters. */
const assertEmbedded = (config: CommandConfig): void => {
  if (isWhollyEmbedded(config)) return;
  throw new BackupError(
    'These settings name servers that hold the data, and this command is for a data directory: docs/backup.md says how to back them up.',
  );
};

const optionsOf = (
  argv: readonly string[],
  names: readonly string[],
  usage: string,
): Readonly<Record<string, string | undefined>> => {
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  try {
    return parseArgs({ args: [...argv], options, strict: true }).values as Record<string, string | undefined>;
  } catch (error) {
    throw new BackupError(`${(error as Error).message.split('\n', 1)[0]} Use: ${usage}.`);
  }
};

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
