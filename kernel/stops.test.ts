import { expect, test } from 'vitest';
import { collectStops } from './stops.ts';

test('ends what was started last first, each once, and the rest also when one fails', async () => {
  const ended: string[] = [];
  const stops = collectStops();
  stops.add(async () => ended.push('log'));
  stops.add(async () => {
    ended.push('store');
    throw new Error('the store hangs on');
  });
  stops.add(async () => ended.push('server'));
  await expect(stops.run()).rejects.toThrow('the store hangs on');
  await stops.run();
  expect(ended).toEqual(['server', 'store', 'log']);
});

test('ends at once what a start adds that was told to stop meanwhile', async () => {
  const ended: string[] = [];
  const stops = collectStops();
  await stops.run();
  stops.add(async () => ended.push('late'));
  expect(ended).toEqual(['late']);
});
