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

export interface ReplayStores {
  readonly log: Log;
  readonly telemetry: Pick<Telemetry, 'command' | 'inspect'>;
  readonly database: Database;
}

export interface ReplaySummary {
  readonly processor: string;
  /** To be read again, at most: offsets can have gaps. */
  readonly records: number;
  /** Where it reads on. */
  readonly places: readonly { readonly topic: string; readonly partition: number; readonly offset: number }[];
  /** Days of arrival whose rows were removed, like 2026-11-20. */
  readonly removedDays: readonly string[];
  /** From which they were removed. */
  readonly tables: readonly string[];
  /** Whether a state was forgotten. */
  readonly cleared: boolean;
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

const linesOf = ({ processor, records, removedDays, tables, cleared }: ReplaySummary): readonly string[] => {
  const [first, last] = [removedDays[0], removedDays.at(-1)];
  const days = first === last ? first : `${first} to ${last}`;
  return [
    ...(first === undefined ? [] : [`Removed the rows received ${days} from ${tables.join(', ')}.`]),
    ...(cleared ? [`Forgot the state of ${processor}.`] : []),
    `${processor} reads ${records} ${records === 1 ? 'record' : 'records'} again when it runs next.`,
  ];
};
