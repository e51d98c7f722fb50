/** One batch of a decider: its states are loaded, decided on and saved, together with the place and the outbox. */
import type { LogRecord } from '../log/log.ts';
import type { Decider } from '../processor.ts';
import type { Database, Queries } from '../state/database.ts';
import { reached } from '../steps.ts';
import { watchRepeats } from './decision-id.ts';
import { type Decisions, decideBatch, type Events, setAside } from './decisions.ts';
import { loadMarks, saveMarks } from './marks.ts';
import type { ProcessorMeter } from './meter.ts';
import { type Source, saveToOutbox } from './outbox.ts';
import { anyOf, passOver, whyNotOf } from './pass-over.ts';
import { lockKeys, movePlace } from './place.ts';

export interface EventBatch {
  /** Where the decider stands: at the first record, or before it where records are missing. */
  readonly from: number;
  /** At least one. */
  readonly records: readonly LogRecord[];
  /** Whether what makes the decider throw becomes a dead letter. */
  readonly lastTry: boolean;
}

/**
 * What the database will never take is found record by record and becomes a dead letter.
 * @throws DecisionError when the decider threw, anything else when the database does not answer.
 */
export const decideAndSave = async <State, Event>(
  decider: Decider<State, Event>,
  database: Database,
  meter: ProcessorMeter,
  source: Source,
  batch: EventBatch,
): Promise<void> => {
  const { from, records, lastTry } = batch;
  const startedMs = performance.now();
  const end = records.at(-1)!.offset + 1;
  const events: Events = { ...source, records };

  const save = (decide: (queries: Queries, events: Events) => Promise<Decisions<State>>): Promise<Decisions<State>> =>
    database.transaction(async (queries) => {
      await movePlace(queries, source, from, end);
      reached('decider: place moved');
      const repeats = watchRepeats(await loadMarks(queries, source, records), source.logId);
      const { taken, outcomes } = passOver(records, anyOf(whyNotOf(decider.name), repeats.whyNot));
      const decisions = await decide(queries, { ...events, records: taken });
      if (decisions.changes.length > 0) await decider.store.save(queries, decisions.changes);
      await saveMarks(queries, source, repeats.moved());
      reached('decider: states saved');
      await saveToOutbox(queries, source, decisions.outgoing);
      reached('decider: outbox saved');
      return { ...decisions, outcomes: [...outcomes, ...decisions.outcomes] };
    });
  const decide = async (queries: Queries, events: Events): Promise<Decisions<State>> => {
    // All of them may be passed over.
    if (events.records.length === 0) return { changes: [], outgoing: [], outcomes: [] };
    const keys = [...new Set(events.records.map(({ key }) => key))];
    await lockKeys(queries, decider.name, keys);
    return decideBatch(decider, await decider.store.load(queries, keys), events, lastTry);
  };
  const refuse = (reason: string) => async (): Promise<Decisions<State>> => {
    const { outcome, outgoing } = setAside(decider, events, records[0]!, reason);
    return { changes: [], outgoing, outcomes: [outcome] };
  };

  let decisions: Decisions<State>;
  try {
    decisions = await save(decide);
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    if (records.length > 1) {
      for (const one of singly(batch)) await decideAndSave(decider, database, meter, source, one);
      return;
    }
    decisions = await save(refuse(`the database refuses it: ${refusal}`));
  }
  const token = `${source.processor}/${source.topic}/${source.partition}/${from}-${end}`;
  meter.wrote({ ...events, token }, decisions.outcomes, performance.now() - startedMs);
};

const singly = ({ from, records, ...rest }: EventBatch): EventBatch[] =>
  records.map((record, i) => ({ ...rest, from: i === 0 ? from : records[i - 1]!.offset + 1, records: [record] }));

/**
 * Why the database will not take these rows whenever they come; undefined when it may. SQLSTATE classes: 22 data
 * exception, 23 integrity constraint violation, 54 program limit exceeded. And what only a bug of ours, met by these
 * very data, can throw.
 */
const refusalOf = (error: unknown): string | undefined => {
  if (error instanceof TypeError || error instanceof RangeError) return error.message;
  const { code, message } = ((error as Error).cause ?? error) as { code?: unknown; message: string };
  return typeof code === 'string' && /^(22|23|54)...$/.test(code) ? message : undefined;
};
