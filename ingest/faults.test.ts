import { expect, test } from 'vitest';
import { type Fault, tellFaults } from './faults.ts';
import { RefusedError } from './refusal.ts';

test('the first of each kind is told at once, the others in sum', () => {
  let nowMs = 0;
  const told: Fault[] = [];
  const tell = tellFaults(
    (fault) => told.push(fault),
    () => nowMs,
  );
  const cause = new Error('disk');
  const full = new RefusedError('unavailable', 'The log is full.', { cause });
  for (let i = 0; i < 100; i++) tell(full);
  tell(new RefusedError('internal', 'A fault.'));
  tell(new RefusedError('malformed', 'Not our fault.'));
  expect(told).toEqual([
    { message: 'The log is full.', cause, count: 1 },
    { message: 'A fault.', cause: undefined, count: 1 },
  ]);
  nowMs += 30_000;
  tell(full);
  expect(told.slice(2)).toEqual([{ message: 'The log is full.', cause, count: 100 }]);
});
