import { expect, test } from 'vitest';
import { defineProcessor } from '../processor.ts';
import { story } from '../story.ts';
import { deadLettersTopic, onlyForHeader, retryOfHeader, servicesSeenTopic } from '../topics.ts';

const listen = defineProcessor<readonly string[], string>({
  name: 'listen',
  reads: [servicesSeenTopic, deadLettersTopic],
  writes: [],
  initial: [],
  store: { load: async () => new Map(), save: async () => {}, clear: async () => {} },
  parse({ value }) {
    const word = JSON.parse(Buffer.from(value).toString());
    if (word === 'unreadable') throw new Error('no such word');
    return word;
  },
  decide: (words, { event }) => ({ state: [...words, event], emit: [] }),
});
const word = (value: string, headers: Readonly<Record<string, string>> = {}, topic = servicesSeenTopic) => ({
  topic,
  key: 'k',
  value,
  headers,
});

test('what was put back for another is passed over, what was put back for oneself is not', () => {
  const heard = story(listen).given([word('one')]);
  heard
    .when(word('two', { [onlyForHeader]: 'another', [retryOfHeader]: 'dlt_1' }))
    .thenDropped('put back for another processor')
    .thenState('k', ['one']);
  heard.when(word('two', { [onlyForHeader]: 'listen', [retryOfHeader]: 'dlt_1' })).thenState('k', ['one', 'two']);
});

test('what fails becomes a dead letter, and a dead letter that fails is let go', () => {
  story(listen)
    .when(word('unreadable'))
    .thenDeadLetter(/^listen failed on it: no such word$/);
  const ending = story(listen).when(word('unreadable', {}, deadLettersTopic));
  ending.thenDropped('listen failed on it: no such word');
  expect(ending.emissions).toEqual([]);
});
