/** What the program does besides running: `node main.ts replay …`, `backup …` and `restore …`. */
import { existsSync } from 'node:fs';
import { runBackup, runRestore } from './kernel/backup/command.ts';
import { readConfig } from './kernel/config.ts';
import { holdDataDirectory } from './kernel/data-directory.ts';
import { OperatorError } from './kernel/operator-error.ts';
import { printTo } from './kernel/own-telemetry/print.ts';
import { runReplay } from './kernel/replay/replay.ts';
import { collectStops } from './kernel/stops.ts';
import { isEmbedded, openLog, openStores } from './kernel/stores.ts';
import program from './package.json' with { type: 'json' };
import { decidersOn, sinksInto } from './processors/processors.ts';

/** @param argv what follows the command's name. @throws OperatorError whose message is for the person who asked. */
export type Command = (argv: readonly string[], print: (line: string) => void) => Promise<void>;

const replay: Command = async (argv, print) => {
  const config = readConfig();
  const report = printTo(process.stderr, config.logLevel);
  const stops = collectStops();
  try {
    if (isEmbedded(config)) {
      if (!existsSync(config.dataDir)) {
        throw new OperatorError(`There is no data directory ${config.dataDir}: name it with SYNTRA_DATA_DIR.`);
      }
      const directory = await holdDataDirectory(config.dataDir);
      stops.add(async () => directory.release());
    }
    const log = await openLog(config, undefined, report, stops.add);
    const stores = await openStores(config, report, stops.add);
    const sinks = sinksInto(stores.telemetry, () => () => {});
    await runReplay(argv, { log, ...stores }, [...sinks, ...decidersOn(log)], print);
  } finally {
    await stops.run();
  }
};

const backup: Command = (argv, print) => runBackup(argv, { ...readConfig(), version: program.version }, print);
const restore: Command = (argv, print) => runRestore(argv, { ...readConfig(), version: program.version }, print);

export const commands: ReadonlyMap<string, Command> = new Map([
  ['replay', replay],
  ['backup', backup],
  ['restore', restore],
]);
