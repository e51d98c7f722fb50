import { expect, test } from 'vitest';
import { settledWithin } from './settled-within.ts';

const anHourMs = 3_600_000;
const never = new Promise<string>(() => {});

test('says how work ended that ends in time', async () => {
  expect(await settledWithin(Promise.resolve('done'), anHourMs)).toEqual({ status: 'fulfilled', value: 'done' });
  const reason = new Error('no');
  expect(await settledWithin(Promise.reject(reason), anHourMs)).toEqual({ status: 'rejected', reason });
});

test('says nothing of what takes longer, nor when it was called off', async () => {
  expect(await settledWithin(never, 1)).toBeUndefined();
  expect(await settledWithin(never, anHourMs, AbortSignal.abort())).toBeUndefined();
  const calling = new AbortController();
  const waiting = settledWithin(never, anHourMs, calling.signal);
  calling.abort();
  expect(await waiting).toBeUndefined();
});

test('work that fails when nobody waits any more harms nobody', async () => {
  const unhandled: unknown[] = [];
  const take = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', take);
  const { promise, reject } = Promise.withResolvers<void>();
  expect(await settledWithin(promise, 1)).toBeUndefined();
  reject(new Error('late'));
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', take);
  expect(unhandled).toEqual([]);
});
