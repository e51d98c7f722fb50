import { expect, test } from 'vitest';
import { historyStartMs, historyStepMs, historySteps, keepHistory } from './history.ts';

const start = 1_800_000_000_000;
const at = (seconds: number): number => start + seconds * 1000;

test('spreads what happened between two reports over the steps between them', () => {
  const history = keepHistory();
  // A step is 15 s: 5 s of the first, all of the second, 10 s of the third.
  history.spread('records', at(10), at(40), 300);
  expect(history.read('records', start).slice(0, 4)).toEqual([(10 * 5) / 15, 10, (10 * 10) / 15, null]);
});

test('is flat however reports fall into steps', () => {
  const history = keepHistory();
  const moments = [0, 4.9, 10.2, 15.1, 20, 24.8, 30.3, 35.1, 40, 45.2, 50, 55, 60];
  for (const [i, moment] of moments.slice(1).entries()) {
    history.spread('records', at(moments[i]!), at(moment), (moment - moments[i]!) * 70);
  }
  for (const value of history.read('records', start).slice(0, 4)) expect(value).toBeCloseTo(70, 6);
});

test('adds up processes, tells nothing happened from nothing known, and keeps figures apart', () => {
  const history = keepHistory();
  history.spread('records', at(0), at(15), 15);
  history.spread('records', at(0), at(15), 30);
  history.spread('records', at(30), at(45), 0);
  history.note('lag', at(16), 7);
  history.note('lag', at(21), 9);
  expect(history.read('records', start).slice(0, 4)).toEqual([3, null, 0, null]);
  expect(history.read('lag', start).slice(0, 3)).toEqual([null, 9, null]);
  expect(history.read('unheard of', start)).toEqual(Array(historySteps).fill(null));
});

test('is read for a quarter of an hour of steps that are over', () => {
  const startMs = historyStartMs(at(0) + 3_000);
  expect(startMs % historyStepMs).toBe(0);
  expect(at(0) - (startMs + historySteps * historyStepMs)).toBe(15_000);
});

test('holds a quarter of an hour and no more, whichever way the clock goes', () => {
  const history = keepHistory();
  for (let second = 0; second < 7200; second += 5) history.spread('records', at(second), at(second + 5), 5);
  const known = (from: number): number => history.read('records', at(from)).filter((value) => value !== null).length;
  expect([known(0), known(3000), known(7200 - 900)]).toEqual([0, 0, 60]);
  for (let second = 0; second < 900; second += 5) history.spread('records', at(second), at(second + 5), 10);
  expect(history.read('records', at(0))).toEqual(Array(60).fill(2));
  expect(known(7200 - 900)).toBe(0);
});
