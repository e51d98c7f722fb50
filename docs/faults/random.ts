/** Chance that can be had again: the same seed gives the same moments (mulberry32, public domain, by Tommy Ettinger). */

export interface Random {
  readonly seed: number;
  /** At least `from`, less than `to`. */
  between(from: number, to: number): number;
  integer(from: number, to: number): number;
  pick<Item>(items: readonly Item[]): Item;
}

export const randomOf = (seed: number): Random => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (from: number, to: number): number => from + next() * (to - from);
  const integer = (from: number, to: number): number => Math.floor(between(from, to));
  return { seed, between, integer, pick: (items) => items[integer(0, items.length)]! };
};
