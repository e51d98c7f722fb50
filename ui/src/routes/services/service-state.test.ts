import { expect, it } from 'vitest';
import type { Red } from '../../../../api/contract/services.ts';
import { serviceState } from './service-state.ts';

const toMs = 1_763_650_000_000;
const red = (changes: Partial<Red> = {}): Red => ({
  calls: 1000,
  requestsPerSecond: 10,
  errorRate: 0.002,
  p50Ms: 10,
  p95Ms: 100,
  p99Ms: 200,
  ...changes,
});
const stateOf = (
  now: Partial<Red>,
  before: Partial<Red> | null = {},
  rest: { seenAgoMs?: number; comparable?: boolean } = {},
) =>
  serviceState(
    { red: red(now), before: before && red(before), lastSeenMs: toMs - (rest.seenAgoMs ?? 1000) },
    { toMs, comparable: rest.comparable ?? true },
  );

it.each([
  ['as before', {}, {}, 'Usual', null],
  ['one in twenty fails', { errorRate: 0.05 }, { errorRate: 0.05 }, 'Failing', 'errorRate'],
  ['errors rise threefold above 1 %', { errorRate: 0.012 }, { errorRate: 0.004 }, 'Failing', 'errorRate'],
  ['errors were always at 2 %', { errorRate: 0.02 }, { errorRate: 0.018 }, 'Usual', null],
  ['nearly no errors tripled', { errorRate: 0.006 }, { errorRate: 0.002 }, 'Usual', null],
  ['few calls, half of them failing', { calls: 10, errorRate: 0.5 }, {}, 'Usual', null],
  ['p95 doubled', { p95Ms: 210 }, {}, 'Slow', 'p95Ms'],
  ['p95 doubled within a few ms', { p95Ms: 9 }, { p95Ms: 3 }, 'Usual', null],
  ['traffic fell to a tenth', { requestsPerSecond: 1 }, {}, 'Dropped', 'requestsPerSecond'],
  ['nothing before', {}, null, 'New', null],
] as const)('%s', (_, now, before, word, figure) => {
  expect(stateOf(now, before)).toMatchObject({ word, figure });
});

it('does not call everything new when there is no range before', () => {
  expect(stateOf({}, null, { comparable: false }).word).toBe('Usual');
});

it('says when nothing arrives any more', () => {
  expect(stateOf({}, {}, { seenAgoMs: 12 * 60_000 })).toMatchObject({
    word: 'Silent',
    why: 'Nothing received for 12 min',
  });
});
