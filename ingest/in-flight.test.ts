import { expect, test } from 'vitest';
import { boundInFlight } from './in-flight.ts';
import { RefusedError } from './refusal.ts';

test('counts what requests hold, refuses what is too much, and gets everything back', () => {
  const inFlight = boundInFlight(100_000);
  const lease = inFlight.lease();
  lease.grow(50_000);
  expect(inFlight.requests).toBe(1);
  expect(() => lease.grow(50_000)).toThrow(RefusedError);
  lease.release();
  lease.release();
  expect([inFlight.bytes, inFlight.requests]).toEqual([0, 0]);
});

test('a piece that arrives after its request has ended is not counted for ever', () => {
  const inFlight = boundInFlight(100_000);
  const lease = inFlight.lease();
  lease.release();
  lease.grow(1000);
  expect([inFlight.bytes, inFlight.requests]).toEqual([0, 0]);
});
