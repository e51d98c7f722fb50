import { expect, test } from 'vitest';
import { contentOf, shortReason } from './letter-words.ts';

test('what would be lost is counted by what it is', () => {
  const spans = { topic: 'otlp.spans', records: 40 };
  expect(contentOf([spans])).toBe('1 record with 40 spans');
  expect(contentOf([spans, spans, { topic: 'otlp.logs', records: 1 }, { topic: 'services.seen', records: null }])).toBe(
    '4 records with 80 spans and 1 log line',
  );
  expect(contentOf([{ topic: 'services.seen', records: null }])).toBe('1 record');
});

test('a reason of many lines is short in a list', () => {
  expect(shortReason('register-services failed on it: [\n  {\n')).toBe('register-services failed on it');
  expect(shortReason('it is not protobuf: wire type 7')).toBe('It is not protobuf: wire type 7');
});
