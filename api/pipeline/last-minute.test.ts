import { describe, expect, test } from 'vitest';
import { isRunning } from './instance-state.ts';
import { increaseOf, quantilesOf, ratePerSecond } from './last-minute.ts';
import { newInstances, runOf, startMs } from './test-instances.ts';

const bytesOf = (instances: ReturnType<typeof newInstances>, at: number): number => {
  const running = instances.all(startMs + at * 1000).filter((each) => isRunning(each, startMs + at * 1000));
  return ratePerSecond(running, ({ ingest }) => ingest?.bytes);
};

describe('a rate', () => {
  test('is that of all processes together', () => {
    const instances = newInstances();
    const [one, two] = [runOf(instances, { instance: 'one' }), runOf(instances, { instance: 'two' })];
    for (const at of [0, 5, 10]) {
      one.reports(at, { ingest: { bytes: 1000 + at * 100 } });
      two.reports(at, { ingest: { bytes: 7 + at * 11 } });
    }
    expect(bytesOf(instances, 10)).toBe(111);
  });

  test('does not run backwards when a process starts again, nor count what another run of it did', () => {
    const instances = newInstances();
    const before = runOf(instances, { instance: 'before' });
    for (let at = 0; at <= 30; at += 5) before.reports(at, { ingest: { bytes: at * 100 } });
    before.reports(31, { ingest: { bytes: 3100 }, stopping: true });
    const after = runOf(instances, { instance: 'after' });
    for (const at of [33, 38, 43]) after.reports(at, { ingest: { bytes: (at - 33) * 40 } });
    expect(bytesOf(instances, 43)).toBe(40);
  });

  test('forgets what is older than a minute', () => {
    const instances = newInstances();
    const one = runOf(instances, { instance: 'one' });
    for (let at = 0; at <= 300; at += 5) one.reports(at, { ingest: { bytes: at < 200 ? at * 1000 : 200_000 } });
    expect(bytesOf(instances, 300)).toBe(0);
  });

  test('is nothing of a process that is late, of one report, and across a silence', () => {
    const instances = newInstances();
    const one = runOf(instances, { instance: 'one' });
    one.reports(0, { ingest: { bytes: 0 } });
    expect(bytesOf(instances, 0)).toBe(0);
    one.reports(5, { ingest: { bytes: 500 } });
    expect(bytesOf(instances, 20)).toBe(100);
    expect(bytesOf(instances, 21)).toBe(0);
    one.reports(600, { ingest: { bytes: 999_999_999 } });
    expect(bytesOf(instances, 600)).toBe(0);
    one.reports(605, { ingest: { bytes: 1_000_000_499 } });
    expect(bytesOf(instances, 605)).toBe(100);
  });

  test('starts anew when the clock is set back', () => {
    const instances = newInstances();
    const one = runOf(instances, { instance: 'one' });
    one.reports(3600, { ingest: { bytes: 0 } });
    one.reports(3605, { ingest: { bytes: 500 } });
    one.reports(10, { ingest: { bytes: 1000 } });
    one.reports(15, { ingest: { bytes: 1500 } });
    expect(bytesOf(instances, 15)).toBe(100);
  });
});

test('an increase is that of all processes together', () => {
  const instances = newInstances();
  const [one, two] = [runOf(instances, { instance: 'one' }), runOf(instances, { instance: 'two' })];
  for (const at of [0, 5]) {
    one.reports(at, { ingest: { bytes: 100 + at } });
    two.reports(at, { ingest: { bytes: at * 2 } });
  }
  expect(increaseOf(instances.all(startMs + 5_000), ({ ingest }) => ingest?.bytes)).toBe(15);
});

describe('quantiles', () => {
  const bounds = [1, 2, 4, 8];
  const quantilesAfter = (...deltas: readonly (readonly number[])[]) => {
    const instances = newInstances();
    for (const [i, delta] of deltas.entries()) {
      const run = runOf(instances, { instance: `run ${i}` });
      run.reports(0, { processor: { batchMs: { bounds, counts: [3, 3, 3, 3, 3], sum: 9 } } });
      run.reports(5, { processor: { batchMs: { bounds, counts: delta.map((count) => count + 3), sum: 99 } } });
    }
    return quantilesOf(instances.all(startMs + 5_000), ({ processors }) => processors[0]!.batchMs);
  };

  test.each([
    ['nothing', [[0, 0, 0, 0, 0]], null],
    ['the least', [[10, 0, 0, 0, 0]], { p50: 1, p95: 1 }],
    ['one range', [[0, 0, 10, 0, 0]], { p50: 3, p95: 3.9 }],
    [
      'two processes',
      [
        [0, 50, 0, 0, 0],
        [0, 0, 0, 50, 0],
      ],
      { p50: 2, p95: 7.6 },
    ],
    ['more than can be told apart', [[0, 0, 0, 0, 5]], { p50: 8, p95: 8 }],
  ])('of %s', (_what, deltas, expected) => {
    expect(quantilesAfter(...deltas)).toEqual(expected);
  });

  test('leave out a version that counts in other ranges', () => {
    const instances = newInstances();
    const [one, other] = [runOf(instances, { instance: 'one' }), runOf(instances, { instance: 'other' })];
    one.reports(0, { processor: { batchMs: { bounds: [1, 2], counts: [0, 0, 0], sum: 0 } } });
    one.reports(5, { processor: { batchMs: { bounds: [1, 2], counts: [4, 0, 0], sum: 4 } } });
    other.reports(0, { processor: { batchMs: { bounds: [50], counts: [0, 0], sum: 0 } } });
    other.reports(5, { processor: { batchMs: { bounds: [50], counts: [0, 900], sum: 9000 } } });
    const both = instances.all(startMs + 5_000);
    expect(quantilesOf(both, ({ processors }) => processors[0]!.batchMs)).toEqual({ p50: 1, p95: 1 });
  });
});
