import { expect, test } from 'vitest';
import { severity, severityOfNumber, severityOfText } from './severity.ts';

test('numbers fall into six ranges of four', () => {
  const { trace, debug, info, warn, error, fatal } = severity;
  const ranges = [trace, debug, info, warn, error, fatal].flatMap((range) => Array(4).fill(range));
  expect(Array.from({ length: 24 }, (_, i) => severityOfNumber(i + 1))).toEqual(ranges);
  expect([0, 25, 255, 2 ** 32 - 1].map(severityOfNumber)).toEqual([0, 0, 0, 0]);
});

test.each([
  ['trace', ['TRACE', 'trace4', 'Verbose', 'FINEST']],
  ['debug', ['debug', 'DBG', 'Fine']],
  ['info', ['Information', 'notice', 'INFO2', 'I', '', '???', 'something else', '30']],
  ['warn', ['warning', 'WARN', '[Warn]', 'wrn']],
  ['error', ['err', 'ERROR', 'severe', 'error:', 'E']],
  ['fatal', ['fatal', 'CRITICAL', 'crit', 'panic', 'emerg', 'alert']],
] as const)('%s is what people mean by it', (name, texts) => {
  for (const text of texts) expect(severityOfText(text), text).toBe(severity[name]);
});
