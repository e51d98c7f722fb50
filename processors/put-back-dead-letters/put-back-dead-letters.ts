/**
 * Puts dead letters back: appends the record that each was to its topic, for the processor that could not take it, and
 * tells `file-dead-letters` what became of it. A batch that was cut off comes again, so it looks for what was appended
 * before it appends anything.
 */
import { z } from 'zod';
import {
  bytesAreGone,
  decisionRecord,
  lettersArePutBackBy,
  putBackRecord,
  readLetter,
} from '../../kernel/letter-on-log.ts';
import type { Log, LogRecord, NewRecord } from '../../kernel/log/log.ts';
import { type Batch, defineSink, type Outcome, type Sink, topicsOf } from '../../kernel/processor.ts';
import { type DeadLetterRetry, deadLetterRetriesTopic, deadLettersTopic } from '../../kernel/topics.ts';
import { searchRetries } from './search.ts';

/** @param others that a letter can be of. */
export const putBackDeadLetters = (log: Log, others: readonly Processor[]): Sink => {
  const sink = defineSink({
    name: lettersArePutBackBy,
    reads: deadLetterRetriesTopic,
    // What one bulk request can ask for.
    limits: { maxRecords: 500, maxBytes: 2 ** 20, lingerMs: 0 },
    async write({ records }: Batch) {
      const { retries, outcomes } = parse(records);
      const reads = ({ processor, topic }: DeadLetterRetry): boolean =>
        [...others, sink].some((other) => other.name === processor && topicsOf(other).includes(topic));
      const unread = retries.filter(([, retry]) => !reads(retry));
      if (unread.length > 0) await tell(log, unread.map(nobodyReads));
      const read = retries.filter(([, retry]) => reads(retry));
      for (const [topic, ofTopic] of Map.groupBy(read, ([, retry]) => retry.topic)) {
        await putBackInto(log, topic, new Map(ofTopic));
      }
      return outcomes;
    },
  });
  return sink;
};

type Processor = Parameters<typeof topicsOf>[0] & { readonly name: string };

/** What is asked for each letter, by its id. Several people may have asked: they mean the same. */
const parse = (records: readonly LogRecord[]): { retries: [string, DeadLetterRetry][]; outcomes: Outcome[] } => {
  const retries = new Map<string, DeadLetterRetry>();
  const outcomes: Outcome[] = [];
  for (const { key, value, offset } of records) {
    try {
      retries.set(key, retrySchema.parse(JSON.parse(Buffer.from(value).toString())));
    } catch (error) {
      outcomes.push({ kind: 'dead-letter', offset, reason: `it is no retry: ${(error as Error).message}` });
    }
  }
  return { retries: [...retries], outcomes };
};

const retrySchema = z.object({
  processor: z.string(),
  topic: z.string(),
  letterOffset: z.number().int(),
  attempt: z.number().int(),
  endOffsets: z.array(z.number().int()),
});

/** Bytes of letters that are held in memory, and appended, at a time. */
const maxAppendBytes = 4 * 2 ** 20;

const putBackInto = async (log: Log, topic: string, retries: ReadonlyMap<string, DeadLetterRetry>): Promise<void> => {
  const search = await searchRetries(log, topic, retries);
  await search.readOn();
  let originals = new Map<string, NewRecord>();
  let bytes = 0;
  const append = async (): Promise<void> => {
    // Once more, right before: whoever held this partition before us may only just have been noticed to be gone.
    await search.readOn();
    const missing = [...originals].flatMap(([id, original]) => (search.has(id) ? [] : [original]));
    if (missing.length > 0) await log.append(topic, missing);
    await tell(log, [...originals.keys()].map(done));
    originals = new Map();
    bytes = 0;
  };
  for (const [id, retry] of retries) {
    const letter = search.has(id) ? undefined : await readLetter(log, id, retry.letterOffset);
    if (search.has(id)) await tell(log, [done(id)]);
    else if (search.isBlind(retry)) await tell(log, [failed(cannotTell)([id, retry])]);
    else if (letter === undefined) await tell(log, [failed(bytesAreGone)([id, retry])]);
    else {
      originals.set(id, putBackRecord(letter));
      bytes += letter.value.byteLength;
      if (bytes >= maxAppendBytes) await append();
    }
  }
  if (originals.size > 0) await append();
};

const cannotTell =
  'Whether it was put back before cannot be told: the log has dropped what came after it was asked for. Ask again to have it put back in any case.';

const tell = (log: Log, decisions: readonly NewRecord[]): Promise<void> => log.append(deadLettersTopic.name, decisions);

const nobodyReads = ([id, retry]: [string, DeadLetterRetry]): NewRecord =>
  failed(`There is no processor ${retry.processor} any more that reads ${retry.topic}.`)([id, retry]);

const done = (id: string): NewRecord => decisionRecord(id, { decision: 'put-back' });

const failed =
  (reason: string) =>
  ([id, { attempt }]: readonly [string, DeadLetterRetry]): NewRecord =>
    decisionRecord(id, { decision: 'not-put-back', attempt, reason });
