import { test } from 'vitest';
import type { FiledLetter } from '../kernel/state/filed-letters.ts';
import { type Arrival, story } from '../kernel/story.ts';
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
import { fileDeadLetters as fileDeadLettersOn } from './file-dead-letters.ts';

/** Deciding is pure: only the rows ask the log. */
const fileDeadLetters = fileDeadLettersOn({ extentOf: () => Promise.reject(new Error('asked the log')) });

const id = 'dlt_1';
const letter = (headers: Record<string, string> = {}, key = id): Arrival => ({
  topic: deadLettersTopic,
  key,
  value: Buffer.from([1, 2, 3]),
  headers: {
    [otlpHeaders.org]: 'org_a',
    [otlpHeaders.project]: 'prj_a',
    [otlpHeaders.records]: '12',
    [deadLetterHeaders.processor]: 'store-logs',
    [deadLetterHeaders.reason]: 'it is not protobuf',
    [deadLetterHeaders.log]: 'log_1',
    [deadLetterHeaders.topic]: 'otlp.logs',
    [deadLetterHeaders.partition]: '3',
    [deadLetterHeaders.offset]: '17',
    [deadLetterHeaders.key]: '',
    ...headers,
  },
});
const decided = (decision: DeadLetterDecision, key = id): Arrival => ({
  topic: deadLettersTopic,
  key,
  value: decision,
  headers: { [deadLetterDecisionHeader]: decision.decision },
});
const retry = (...endOffsets: number[]) => decided({ decision: 'retry', endOffsets });
const discard = decided({ decision: 'discard' });
const putBack = decided({ decision: 'put-back' });
const notPutBack = (attempt: number) => decided({ decision: 'not-put-back', attempt, reason: 'its bytes are gone' });

const filed: FiledLetter = {
  id,
  org: 'org_a',
  project: 'prj_a',
  processor: 'store-logs',
  reason: 'it is not protobuf',
  topic: 'otlp.logs',
  partition: 3,
  offset: 17,
  setAsideAtMs: 0,
  sizeBytes: 3,
  records: 12,
  status: 'open',
  decidedAtMs: null,
  retryOf: null,
  letterOffset: 0,
  attempts: 0,
  endOffsets: null,
  failure: null,
};
const asked = (attempt: number, ...endOffsets: number[]) => ({
  topic: deadLetterRetriesTopic,
  key: id,
  value: {
    processor: 'store-logs',
    topic: 'otlp.logs',
    letterOffset: 0,
    attempt,
    endOffsets,
  } satisfies DeadLetterRetry,
});

test('a letter is filed once, however often it arrives', () => {
  const first = story(fileDeadLetters).given([]).when(letter());
  first.thenEmits([]).thenState(id, filed);
  const again = story(fileDeadLetters).given([letter()]).when(letter());
  again.thenEmits([]).thenDropped('the letter is filed already').thenState(id, filed);
});

test("a letter that is no project's is filed for those who run the installation", () => {
  const { [otlpHeaders.org]: _, [otlpHeaders.records]: __, ...headers } = letter().headers!;
  const own = { ...filed, org: 'org_default', project: 'prj_syntra', records: null };
  story(fileDeadLetters)
    .given([])
    .when({ ...letter(), headers })
    .thenState(id, own);
});

test('a letter that was put back before says which it was', () => {
  story(fileDeadLetters)
    .given([])
    .when(letter({ [retryOfHeader]: 'dlt_0' }))
    .thenState(id, { ...filed, retryOf: 'dlt_0' });
});

test('zero bytes, which the database does not take, are replaced', () => {
  story(fileDeadLetters)
    .given([])
    .when(letter({ [deadLetterHeaders.reason]: 'a \0 byte' }))
    .thenState(id, { ...filed, reason: 'a \ufffd byte' });
});

test('who asks for a letter to be put back has it put back, and once only', () => {
  const retrying: FiledLetter = { ...filed, status: 'retrying', attempts: 1, endOffsets: [4, 5] };
  story(fileDeadLetters)
    .given([letter()])
    .when(retry(4, 5))
    .thenEmits([asked(1, 4, 5)])
    .thenState(id, retrying);
  // Whoever asks meanwhile repeats the same attempt, which looks from the same place on.
  story(fileDeadLetters)
    .given([letter(), retry(4, 5)])
    .when(retry(9, 9))
    .thenEmits([asked(1, 4, 5)])
    .thenState(id, retrying);
  const retried: FiledLetter = { ...filed, status: 'retried', attempts: 1, decidedAtMs: 0 };
  const done = story(fileDeadLetters).given([letter(), retry(4, 5), putBack]);
  story(fileDeadLetters)
    .given([letter(), retry(4, 5)])
    .when(putBack)
    .thenEmits([])
    .thenState(id, retried);
  done.when(putBack).thenDropped('the letter is retried already').thenState(id, retried);
  done.when(retry(9, 9)).thenEmits([]).thenDropped('the letter is retried already').thenState(id, retried);
  done.when(discard).thenEmits([]).thenDropped('the letter is retried already').thenState(id, retried);
  done.when(notPutBack(1)).thenDropped('it is of an earlier attempt').thenState(id, retried);
});

test('a letter that could not be put back says why, and can be tried again from a new place on', () => {
  const failed: FiledLetter = { ...filed, attempts: 1, failure: 'its bytes are gone' };
  const before = [letter(), retry(4), notPutBack(1)];
  story(fileDeadLetters)
    .given([letter(), retry(4)])
    .when(notPutBack(1))
    .thenEmits([])
    .thenState(id, failed);
  story(fileDeadLetters)
    .given(before)
    .when(retry(8))
    .thenEmits([asked(2, 8)]);
  // What is told twice of the first attempt says nothing of the second.
  story(fileDeadLetters)
    .given([...before, retry(8)])
    .when(notPutBack(1))
    .thenDropped('it is of an earlier attempt');
  story(fileDeadLetters)
    .given(before)
    .when(putBack)
    .thenState(id, { ...filed, status: 'retried', attempts: 1, decidedAtMs: 0 });
});

test('a letter that was given up stays so, and one on its way back cannot be given up', () => {
  const discarded: FiledLetter = { ...filed, status: 'discarded', decidedAtMs: 0 };
  story(fileDeadLetters).given([letter()]).when(discard).thenEmits([]).thenState(id, discarded);
  const given = story(fileDeadLetters).given([letter(), discard]);
  given.when(retry(1)).thenEmits([]).thenDropped('the letter is discarded already').thenState(id, discarded);
  given.when(letter()).thenDropped('the letter is filed already').thenState(id, discarded);
  story(fileDeadLetters)
    .given([letter(), retry(4)])
    .when(discard)
    .thenDropped('the letter is retrying already');
});

test('a letter whose record a replay reads again is forgotten, and filed anew when that fails again', () => {
  const replayed = decided({ decision: 'replayed' });
  for (const before of [[letter()], [letter(), retry(4), putBack], [letter(), retry(4), notPutBack(1)]]) {
    story(fileDeadLetters).given(before).when(replayed).thenEmits([]).thenState(id, null);
  }
  story(fileDeadLetters)
    .given([letter(), retry(4), putBack, replayed])
    .when(letter())
    .thenState(id, { ...filed, letterOffset: 4 });
  // Nobody wants to hear of it again.
  story(fileDeadLetters)
    .given([letter(), discard])
    .when(replayed)
    .thenDropped('the letter is discarded already')
    .thenState(id, { ...filed, status: 'discarded', decidedAtMs: 0 });
  story(fileDeadLetters).given([]).when(replayed).thenDropped('there is no such dead letter');
});

test('a decision about a letter that is not there changes nothing', () => {
  const empty = story(fileDeadLetters).given([letter({}, 'dlt_2')]);
  for (const decision of [retry(1), discard, putBack, notPutBack(1)]) {
    empty.when(decision).thenEmits([]).thenDropped('there is no such dead letter');
  }
});

test('what is neither a letter nor a decision changes nothing, and stops nothing', () => {
  const empty = story(fileDeadLetters).given([]);
  const broken: Arrival[] = [
    { topic: deadLettersTopic, key: id, value: 'anything' },
    { ...retry(1), value: { decision: 'burn' } },
    letter({ [deadLetterHeaders.offset]: 'x' }),
  ];
  for (const event of broken) empty.when(event).thenEmits([]).thenState(id, undefined);
});
