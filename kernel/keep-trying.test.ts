import { expect, test } from 'vitest';
import { keepTrying } from './keep-trying.ts';
import { OperatorError } from './operator-error.ts';

const giveUp = (reason: string) => `It did not answer: ${reason}.`;

test('asks again until an answer comes', async () => {
  let asked = 0;
  const answer = await keepTrying(
    async () => {
      if (++asked < 3) throw new Error('not yet');
      return 'here';
    },
    { forMs: 60_000, giveUp },
  );
  expect([answer, asked]).toEqual(['here', 3]);
});

test('gives up after its time and says what was said last, also where only a code was', async () => {
  const refused = async () => {
    throw Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' });
  };
  const waiting = keepTrying(refused, { forMs: 1, giveUp });
  await expect(waiting).rejects.toThrow(OperatorError);
  await expect(waiting).rejects.toThrow('It did not answer: ECONNREFUSED.');
});

test('does not ask again what waiting will not put right', async () => {
  let asked = 0;
  const wrong = async () => {
    asked++;
    throw new OperatorError('Too old.');
  };
  await expect(keepTrying(wrong, { forMs: 60_000, giveUp })).rejects.toThrow('Too old.');
  expect(asked).toBe(1);
});
