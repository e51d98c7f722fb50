/** A dead letter as the API shows it. */
import type { FiledLetter } from '../../kernel/state/filed-letters.ts';
import type { DeadLetter } from '../contract/dead-letters.ts';

export const deadLetterOf = (letter: FiledLetter): DeadLetter => ({
  id: letter.id,
  processor: letter.processor,
  reason: letter.reason,
  topic: letter.topic,
  partition: letter.partition,
  offset: letter.offset,
  atMs: letter.setAsideAtMs,
  sizeBytes: letter.sizeBytes,
  records: letter.records,
  status: letter.status,
  decidedAtMs: letter.decidedAtMs,
  retryOf: letter.retryOf,
  retryFailure: letter.failure,
});
