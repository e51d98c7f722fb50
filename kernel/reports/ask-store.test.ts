import { expect, test } from 'vitest';
import { OperatorError } from '../operator-error.ts';
import { askStore } from './ask-store.ts';

const coded = (code: string, message = 'postgres://syntra:hunter2@10.0.0.1 said no', cause?: unknown): Error =>
  Object.assign(new Error(message, { cause }), { code });
const answerOf = (error: unknown) =>
  askStore({ name: 'state', engine: 'PostgreSQL', ping: () => Promise.reject(error) }, () => {})();

test('a store that answers has no error', async () => {
  const answer = await askStore({ name: 'log', engine: 'SQLite', ping: async () => {} }, () => {})();
  expect(answer).toEqual({ name: 'log', engine: 'SQLite', answers: true, pingMs: expect.any(Number), error: '' });
});

test.each([
  [coded('ECONNREFUSED'), 'Nothing listens at its address.'],
  [new Error('Failed query: select 1', { cause: coded('28P01') }), 'It refuses the name or the password.'],
  [coded('XX000'), 'It fails with XX000.'],
  [new Error('password=hunter2'), 'It fails, for a reason that is in the log of Syntra.'],
  ['hunter2', 'It fails, for a reason that is in the log of Syntra.'],
  [undefined, 'It fails, for a reason that is in the log of Syntra.'],
  [coded('a code with hunter2'), 'It fails, for a reason that is in the log of Syntra.'],
  [new OperatorError('The topics are of a newer program.'), 'The topics are of a newer program.'],
])('%s is a sentence without secrets', async (error, sentence) => {
  const answer = await answerOf(error);
  expect(answer).toMatchObject({ answers: false, error: sentence });
});

test('an outage is told of once, with all there is to know, and the next one again', async () => {
  const told: unknown[] = [];
  let isAway = true;
  const ping = async (): Promise<void> => {
    if (isAway) throw coded('EPIPE');
  };
  const ask = askStore({ name: 'log', engine: 'Kafka', ping: () => ping() }, (error) => told.push(error));
  expect((await ask()).error).toBe('It ended the connection.');
  expect((await ask()).error).toBe('It ended the connection.');
  expect(told).toEqual([coded('EPIPE')]);
  isAway = false;
  expect((await ask()).answers).toBe(true);
  isAway = true;
  await ask();
  expect(told).toHaveLength(2);
});

test('one that hangs is not waited for, nor asked twice', async () => {
  let asked = 0;
  const ping = (): Promise<never> => {
    asked++;
    return new Promise(() => {});
  };
  const ask = askStore({ name: 'telemetry', engine: 'ClickHouse', ping }, () => {}, 20);
  const [first, second] = [await ask(), await ask()];
  expect(asked).toBe(1);
  expect(first).toMatchObject({ answers: false, error: 'It does not answer within 0.02 s.' });
  expect(second).toMatchObject({ answers: false, error: first.error });
  expect(second.pingMs).toBeGreaterThan(first.pingMs);
});
