import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { printTo } from './print.ts';

const printed = (...report: Parameters<ReturnType<typeof printTo>>): string => {
  const stream = new PassThrough().setEncoding('utf8');
  printTo(stream as unknown as NodeJS.WriteStream, 'info')(...report);
  return stream.read() ?? '';
};

test('prints time, level, message and attributes, from the least level on', () => {
  expect(printed('warn', 'It is late.', { by: 3, why: 'rain' })).toMatch(
    /^\d\d:\d\d:\d\d warn {2}It is late\. by=3 why=rain\n$/,
  );
  expect(printed('debug', 'unseen')).toBe('');
});

test('shows what senders can put into a message without letting it steer the terminal or look like a line of ours', () => {
  const line = printed('error', 'bad \u001b[2J\u009b1m\r name', { stack: 'Error\n\tat 12:00:00 info  all is well' });
  expect(line.slice(9)).toBe(
    'error bad \\x1b[2J\\x9b1m\\x0d name stack=Error\n               \tat 12:00:00 info  all is well\n',
  );
});
