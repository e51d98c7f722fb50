/**
 * Keeps one row per dead letter, and decides what follows when somebody asks for it to be put back or given up. The
 * bytes stay on the log; `put-back-dead-letters.ts`, which has the log at hand, moves them and tells what became of it.
 */
import { z } from 'zod';
import { lettersAreFiledBy } from '../kernel/letter-on-log.ts';
import type { Log, LogRecord } from '../kernel/log/log.ts';
import { type Decider, type Decision, defineProcessor, type Message } from '../kernel/processor.ts';
import { type FiledLetter, filedLetters } from '../kernel/state/filed-letters.ts';
import { ownTenant } from '../kernel/tenants.ts';
import {
  type DeadLetterDecision,
  type DeadLetterRetry,
  deadLetterDecisionHeader,
  deadLetterHeaders,
  deadLetterRetriesTopic,
  deadLettersTopic,
  otlpHeaders,
  retryOfHeader,
} from '../kernel/topics.ts';

type Filing = { readonly kind: 'letter'; readonly letter: FiledLetter };
type Decided = { readonly kind: 'decision'; readonly atMs: number; readonly decided: DeadLetterDecision };

/** @param log is asked which letters it still keeps, where there are very many. */
export const fileDeadLetters = (log: Pick<Log, 'extentOf'>): Decider<FiledLetter | null, Filing | Decided> =>
  defineProcessor<FiledLetter | null, Filing | Decided>({
    name: lettersAreFiledBy,
    reads: [deadLettersTopic],
    writes: [deadLetterRetriesTopic],
    store: filedLetters(log),
    initial: null,
    parse: (record) =>
      record.headers[deadLetterDecisionHeader] === undefined
        ? { kind: 'letter', letter: letterOf(record) }
        : { kind: 'decision', atMs: record.timestampMs, decided: parseDecision(record.value) },
    decide(state, { key, event }: Message<Filing | Decided>) {
      if (event.kind === 'letter') {
        // The same letter may be appended twice, around a crash.
        return state === null
          ? { state: event.letter, emit: [] }
          : { state, emit: [], dropped: 'the letter is filed already' };
      }
      if (state === null) return { state, emit: [], dropped: 'there is no such dead letter' };
      return decideOn(state, key, event);
    },
  });

const decideOn = (letter: FiledLetter, key: string, { atMs, decided }: Decided): Decision<FiledLetter | null> => {
  const unchanged = (dropped: string): Decision<FiledLetter> => ({ state: letter, emit: [], dropped });
  switch (decided.decision) {
    case 'retry': {
      if (letter.status === 'open') {
        const { endOffsets } = decided;
        return putBack(
          { ...letter, status: 'retrying', attempts: letter.attempts + 1, endOffsets, failure: null },
          key,
        );
      }
      // Whoever asks again means the same attempt: what it has appended is looked for from the same place on.
      return letter.status === 'retrying' ? putBack(letter, key) : unchanged(`the letter is ${letter.status} already`);
    }
    case 'discard':
      return letter.status === 'open'
        ? { state: { ...letter, status: 'discarded', decidedAtMs: atMs }, emit: [] }
        : unchanged(`the letter is ${letter.status} already`);
    case 'put-back':
      // A fact, whatever was thought of the letter before.
      return letter.status === 'retried'
        ? unchanged('the letter is retried already')
        : { state: { ...letter, status: 'retried', decidedAtMs: atMs, endOffsets: null, failure: null }, emit: [] };
    case 'not-put-back':
      return letter.status === 'retrying' && letter.attempts === decided.attempt
        ? { state: { ...letter, status: 'open', endOffsets: null, failure: decided.reason }, emit: [] }
        : unchanged('it is of an earlier attempt');
    case 'replayed':
      // If its record fails again, the same letter comes again.
      return letter.status === 'discarded' ? unchanged('the letter is discarded already') : { state: null, emit: [] };
  }
};

const putBack = (letter: FiledLetter, key: string): Decision<FiledLetter> => {
  const { processor, topic, letterOffset, attempts, endOffsets } = letter;
  const retry: DeadLetterRetry = { processor, topic, letterOffset, attempt: attempts, endOffsets: endOffsets ?? [] };
  return { state: letter, emit: [{ topic: deadLetterRetriesTopic, key, value: retry }] };
};

const letterOf = ({ key, headers, value, offset, timestampMs }: LogRecord): FiledLetter => {
  const found = letterHeaders.parse(headers);
  // Letters that are no tenant's are for those who run the installation.
  const isTenants = Boolean(headers[otlpHeaders.org] && headers[otlpHeaders.project]);
  const records = Number(headers[otlpHeaders.records] ?? Number.NaN);
  return {
    id: key,
    org: storable(isTenants ? headers[otlpHeaders.org]! : ownTenant.org),
    project: storable(isTenants ? headers[otlpHeaders.project]! : ownTenant.project),
    processor: storable(found[deadLetterHeaders.processor]),
    reason: storable(found[deadLetterHeaders.reason]),
    topic: storable(found[deadLetterHeaders.topic]),
    partition: found[deadLetterHeaders.partition],
    offset: found[deadLetterHeaders.offset],
    setAsideAtMs: timestampMs,
    sizeBytes: value.byteLength,
    records: Number.isSafeInteger(records) && records >= 0 ? records : null,
    status: 'open',
    decidedAtMs: null,
    retryOf: headers[retryOfHeader] === undefined ? null : storable(headers[retryOfHeader]),
    letterOffset: offset,
    attempts: 0,
    endOffsets: null,
    failure: null,
  };
};

const letterHeaders = z.object({
  [deadLetterHeaders.processor]: z.string().min(1),
  [deadLetterHeaders.reason]: z.string(),
  [deadLetterHeaders.topic]: z.string().min(1),
  [deadLetterHeaders.partition]: z.coerce
    .number()
    .int()
    .min(0)
    .max(2 ** 31 - 1),
  [deadLetterHeaders.offset]: z.coerce.number().int().min(0),
});

/** PostgreSQL keeps no zero bytes in texts. */
const storable = (text: string): string => text.replaceAll('\0', '\ufffd');

const parseDecision = (value: Uint8Array): DeadLetterDecision =>
  decision.parse(JSON.parse(Buffer.from(value).toString()));

const decision = z.discriminatedUnion('decision', [
  z.object({ decision: z.literal('retry'), endOffsets: z.array(z.number().int().min(0)) }),
  z.object({ decision: z.literal('discard') }),
  z.object({ decision: z.literal('put-back') }),
  z.object({ decision: z.literal('not-put-back'), attempt: z.number().int(), reason: z.string().max(1000) }),
  z.object({ decision: z.literal('replayed') }),
]);
