/** Dead letters in words. */
import type { DeadLetter, DeadLetterStatus } from '../../../../../api/contract/dead-letters.ts';

export const statusWords: Readonly<Record<DeadLetterStatus, string>> = {
  open: 'Open',
  retrying: 'Being put back',
  retried: 'Put back',
  discarded: 'Discarded',
};

/** The first line of a reason, as a sentence begins: some reasons are pages long. */
export const shortReason = (reason: string): string => {
  const line = reason
    .split('\n', 1)[0]!
    .trim()
    .replace(/[:[{\s]+$/, '');
  // Most begin as a sentence; some with the name of a processor, which stays as it is.
  return /^(it|the) /.test(line) ? line.charAt(0).toUpperCase() + line.slice(1) : line;
};

/** What was in a request, by its topic. */
export const recordsWord = (topic: string, records: number): string => {
  const word = { 'otlp.spans': 'span', 'otlp.logs': 'log line', 'otlp.metrics': 'metric point' }[topic] ?? 'record';
  return records === 1 ? word : `${word}s`;
};

/** `3 records with 127 spans and 7 log lines`: what would be lost. */
export const contentOf = (letters: readonly Pick<DeadLetter, 'topic' | 'records'>[]): string => {
  const sums = new Map<string, number>();
  for (const { topic, records } of letters) if (records !== null) sums.set(topic, (sums.get(topic) ?? 0) + records);
  const parts = [...sums].map(([topic, records]) => `${records} ${recordsWord(topic, records)}`);
  const content = parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
  const count = `${letters.length} ${letters.length === 1 ? 'record' : 'records'}`;
  return content === '' ? count : `${count} with ${content}`;
};
