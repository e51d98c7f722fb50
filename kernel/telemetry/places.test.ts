import { expect, test } from 'vitest';
import { openPlaces, TooManyWaitingError } from './places.ts';

test('lets in as many as there are places, in order, and turns away those beyond the limit', async () => {
  const places = openPlaces({ maxOpen: 2, maxWaiting: 1 });
  const began: string[] = [];
  const ends: (() => void)[] = [];
  const work = (name: string) =>
    places.hold(() => {
      began.push(name);
      return new Promise<string>((resolve) => ends.push(() => resolve(name)));
    });
  const held = [work('a'), work('b'), work('c')];
  await expect(work('d')).rejects.toThrow(TooManyWaitingError);
  expect(began).toEqual(['a', 'b']);
  ends[0]!();
  expect(await held[0]).toBe('a');
  await expect.poll(() => began).toEqual(['a', 'b', 'c']);
  ends[1]!();
  ends[2]!();
  expect(await Promise.all(held)).toEqual(['a', 'b', 'c']);
});

test('gets a place back from work that failed', async () => {
  const places = openPlaces({ maxOpen: 1, maxWaiting: 0 });
  for (let i = 0; i < 3; i++) {
    await expect(places.hold(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  }
});
