import { describe, expect, it } from 'vitest';
import { lineAt } from './fixture-lines.ts';
import { compareIds, mergeNewest } from './merge-lines.ts';

describe('ids', () => {
  it('compare as numbers, part by part', () => {
    const ids = [
      '1795082400000000000-1-0-0',
      '1795082400000000000-0-10-2',
      '1795082400000000000-0-9-11',
      '999-0-1-1',
      '1795082400000000000-0-10-10',
    ];
    expect(ids.toSorted(compareIds)).toEqual([
      '999-0-1-1',
      '1795082400000000000-0-9-11',
      '1795082400000000000-0-10-2',
      '1795082400000000000-0-10-10',
      '1795082400000000000-1-0-0',
    ]);
    expect(compareIds('5-1-1', '5-1-1')).toBe(0);
  });
});

describe('merging', () => {
  it('is the sorted union, whatever is in both', () => {
    let seed = 11;
    const random = (): number => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      return seed / 2 ** 31;
    };
    for (let round = 0; round < 200; round += 1) {
      const pick = () => Array.from({ length: Math.floor(random() * 12) }, () => lineAt(Math.floor(random() * 15)));
      const lines = mergeNewest([], pick(), 100);
      const added = pick();
      const union = [...new Map([...lines, ...added].map((line) => [line.id, line])).keys()].sort((a, b) =>
        compareIds(b, a),
      );
      expect(mergeNewest(lines, added, 100).map((line) => line.id)).toEqual(union);
      expect(mergeNewest(lines, added, 3).map((line) => line.id)).toEqual(union.slice(0, 3));
    }
  });
});
