/**
 * Has a processor read again what it has read: to rebuild a table or a state after a mistake was mended. What it made of
 * those records before is removed first, so that nothing is there twice.
 */
import type { Log } from '../log/log.ts';
import { OperatorError } from '../operator-error.ts';
import type { Database } from '../state/database.ts';
import type { Telemetry } from '../telemetry/client.ts';
import { parseReplayArguments, type ReplayArguments, type Replayable } from './arguments.ts';
import { replayDecider } from './replay-decider.ts';
import { replaySink } from './replay-sink.ts';
import { linesOf, type ReplaySummary } from './summary.ts';

export interface ReplayStores {
  readonly log: Log;
  readonly telemetry: Pick<Telemetry, 'command' | 'inspect'>;
  readonly database: Database;
}

/**
 * Prepares the replay: the processor does it when it runs next. No process may run as it meanwhile.
 * @throws OperatorError when something speaks against it; nothing was changed then.
 */
export const replay = async (
  { log, telemetry, database }: ReplayStores,
  { processor, topic, from, clear }: ReplayArguments,
): Promise<ReplaySummary> => {
  if (processor.kind === 'decider') return replayDecider({ log, database, decider: processor, topic, from, clear });
  const { name, rows } = processor;
  if (rows === undefined)
    throw new OperatorError(`${name} does not say which rows are its own: it cannot be replayed.`);
  return replaySink({ log, telemetry, database, group: name, rows, topic, from });
};

/**
 * The command `replay`.
 * @param argv what follows that word.
 * @param print is given lines for the person who asked.
 * @throws OperatorError
 */
export const runReplay = async (
  argv: readonly string[],
  stores: ReplayStores,
  processors: readonly Replayable[],
  print: (line: string) => void,
): Promise<void> => {
  const summary = await replay(stores, parseReplayArguments(argv, processors));
  for (const line of linesOf(summary)) print(line);
};
