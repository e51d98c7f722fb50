import { expect, test } from 'vitest';
import { logsTopic, servicesSeenTopic, spansTopic } from '../topics.ts';
import { parseReplayArguments, type Replayable } from './arguments.ts';

const sink: Replayable = { kind: 'sink', name: 'store-spans', reads: spansTopic };
const decider: Replayable = {
  kind: 'decider',
  name: 'register-services',
  reads: [servicesSeenTopic, logsTopic],
  store: { clear: async () => {} },
};
const parse = (line: string) => parseReplayArguments(line.split(' '), [sink, decider]);

test('says which processor reads what again, and from where', () => {
  expect(parse('--topic otlp.spans --from 2026-11-20 --group store-spans')).toEqual({
    processor: sink,
    topic: 'otlp.spans',
    from: { timeMs: Date.UTC(2026, 10, 20) },
    clear: false,
  });
  expect(parse('--group register-services --topic otlp.logs --from=start --clear')).toEqual({
    processor: decider,
    topic: 'otlp.logs',
    from: 'start',
    clear: true,
  });
});

test.each([
  ['0', { offset: 0 }],
  ['1234', { offset: 1234 }],
  ['2026-11-20T08:00Z', { timeMs: Date.UTC(2026, 10, 20, 8) }],
  ['2026-11-20T08:00:30.5+02:00', { timeMs: Date.UTC(2026, 10, 20, 6, 0, 30, 500) }],
])('--from %s', (text, from) => {
  expect(parse(`--topic otlp.spans --group store-spans --from ${text}`).from).toEqual(from);
});

test.each([
  ['--topic otlp.spans --from start', /^A replay needs --group: replay --topic/],
  [
    '--topic otlp.spans --from start --group store-span',
    /^There is no group store-span: the processors are store-spans and register-services\.$/,
  ],
  [
    '--topic otlp.logs --from start --group store-spans',
    /^store-spans does not read otlp\.logs: it reads otlp\.spans\.$/,
  ],
  ['--topic otlp.spans --from start --group store-spans --clear', /has no state: leave --clear out/],
  ['--topic otlp.spans --from start --group store-spans --force', /^Unknown option '--force': replay --topic/],
  ['--topic otlp.spans --from start --group store-spans now', /^Unexpected argument 'now'/],
  ['--topic otlp.spans --from yesterday --group store-spans', /^--from yesterday cannot be used: say start/],
  ['--topic otlp.spans --from 2026-02-31 --group store-spans', /^--from 2026-02-31 cannot be used/],
  ['--topic otlp.spans --from 2026-11-20T08:00 --group store-spans', /^--from 2026-11-20T08:00 cannot be used/],
])('%s is refused in a sentence', (line, sentence) => {
  expect(() => parse(line)).toThrow(expect.objectContaining({ message: expect.stringMatching(sentence) }));
});
