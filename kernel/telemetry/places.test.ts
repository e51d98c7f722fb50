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

test('lets one work alone, before those who wait, and they go on afterwards', async () => {
  const places = openPlaces({ maxOpen: 2, maxWaiting: 2 });
  const began: string[] = [];
  const ends = new Map<string, () => void>();
  const work = (name: string) => () => {
    began.push(name);
    return new Promise<string>((resolve) => ends.set(name, () => resolve(name)));
  };
  const held = [places.hold(work('a')), places.hold(work('b')), places.hold(work('c'))];
  const alone = places.holdAll(work('alone'));
  await expect.poll(() => began).toEqual(['a', 'b']);
  ends.get('a')!();
  await held[0];
  expect(began).toEqual(['a', 'b']);
  ends.get('b')!();
  await expect.poll(() => began).toEqual(['a', 'b', 'alone']);
  const late = places.hold(work('d'));
  expect(began).toHaveLength(3);
  ends.get('alone')!();
  await alone;
  await expect.poll(() => began).toEqual(['a', 'b', 'alone', 'c', 'd']);
  ends.get('c')!();
  ends.get('d')!();
  expect(await Promise.all([...held, late])).toEqual(['a', 'b', 'c', 'd']);
  await expect(places.holdAll(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  expect(await places.holdAll(async () => 'whole')).toBe('whole');
});
