/** `main.ts replay --topic otlp.spans --from 2026-11-20 --group store-spans [--clear]`, and what is wrong with it. */
import { parseArgs } from 'node:util';
import { OperatorError } from '../operator-error.ts';
import { type Decider, type Sink, type StateStore, topicsOf } from '../processor.ts';

/** As much of a processor as a replay needs. */
export type Replayable =
  | Pick<Sink, 'kind' | 'name' | 'reads' | 'rows'>
  | (Pick<Decider<never, never>, 'kind' | 'name' | 'reads'> & { readonly store: Pick<StateStore<never>, 'clear'> });

/** Where to read again from: the oldest record, one of a topic of one partition, or all taken since, Unix milliseconds. */
export type From = 'start' | { readonly offset: number } | { readonly timeMs: number };

export interface ReplayArguments {
  readonly processor: Replayable;
  readonly topic: string;
  readonly from: From;
  /** Forget what a decider has made of the records so far. */
  readonly clear: boolean;
}

export const replayUsage =
  'replay --topic <topic> --from <start | offset | 2026-11-20 | 2026-11-20T08:00Z> --group <processor> [--clear]';

/** The arguments of a replay cannot be used; the message is one sentence that says what exists. */
export class ReplayArgumentsError extends OperatorError {
  override readonly name = 'ReplayArgumentsError';
}

/**
 * @param argv what follows the word `replay`.
 * @throws ReplayArgumentsError
 */
export const parseReplayArguments = (argv: readonly string[], processors: readonly Replayable[]): ReplayArguments => {
  const { topic, from, group, clear = false } = parse(argv);
  const processor = processors.find(({ name }) => name === group);
  if (processor === undefined) {
    throw new ReplayArgumentsError(
      `There is no group ${group}: the processors are ${list(processors.map(({ name }) => name))}.`,
    );
  }
  const topics = topicsOf(processor);
  if (!topics.includes(topic)) {
    throw new ReplayArgumentsError(`${processor.name} does not read ${topic}: it reads ${list(topics)}.`);
  }
  if (clear && processor.kind === 'sink') {
    throw new ReplayArgumentsError(
      `${processor.name} stores rows and has no state: leave --clear out, a replay removes its rows in any case.`,
    );
  }
  return { processor, topic, from: parseFrom(from), clear };
};

const parse = (argv: readonly string[]) => {
  const values = readOptions(argv);
  const need = (name: 'topic' | 'from' | 'group'): string => {
    const value = values[name];
    if (!value) throw new ReplayArgumentsError(`A replay needs --${name}: ${replayUsage}`);
    return value;
  };
  return { topic: need('topic'), from: need('from'), group: need('group'), clear: values.clear };
};

const readOptions = (argv: readonly string[]) => {
  try {
    const text = { type: 'string' } as const;
    const options = { topic: text, from: text, group: text, clear: { type: 'boolean' } } as const;
    return parseArgs({ args: [...argv], options }).values;
  } catch (error) {
    throw new ReplayArgumentsError(`${(error as Error).message.split('. ')[0]}: ${replayUsage}`);
  }
};

const parseFrom = (text: string): From => {
  if (text === 'start') return 'start';
  if (/^\d{1,15}$/.test(text)) return { offset: Number(text) };
  const parts = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/.exec(text);
  const timeMs = parts ? Date.parse(text) : Number.NaN;
  // Date.parse takes 31 February for a day of March.
  const isADay = parts !== null && new Date(Date.parse(parts[1]!)).toISOString().startsWith(parts[1]!);
  if (Number.isNaN(timeMs) || !isADay) {
    throw new ReplayArgumentsError(
      `--from ${text} cannot be used: say start, an offset, a day like 2026-11-20, or a time with its zone like 2026-11-20T08:00Z.`,
    );
  }
  return { timeMs };
};

const list = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
