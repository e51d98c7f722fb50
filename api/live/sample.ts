/** An even sample of a stream in bounded memory: every n-th item, where n doubles whenever there are too many. */

export interface Sample<Item> {
  readonly size: number;
  add(item: Item, bytes: number): void;
  /** The sample, thinned to at most `maxItems`, and how many items each stands for; the next sample starts empty. */
  take(maxItems: number): { readonly items: readonly Item[]; readonly oneIn: number };
}

/** One item is kept whatever its size. */
export const createSample = <Item>(maxItems: number, maxBytes: number): Sample<Item> => {
  let kept: { readonly item: Item; readonly bytes: number }[] = [];
  let seen = 0;
  let oneIn = 1;
  let bytes = 0;
  const thin = (): void => {
    kept = kept.filter((_, i) => i % 2 === 0);
    bytes = kept.reduce((sum, each) => sum + each.bytes, 0);
    oneIn *= 2;
  };
  return {
    get size() {
      return kept.length;
    },
    add(item, itemBytes) {
      if (seen++ % oneIn !== 0) return;
      kept.push({ item, bytes: itemBytes });
      bytes += itemBytes;
      while (kept.length > 1 && (kept.length > maxItems || bytes > maxBytes)) thin();
    },
    take(most) {
      while (kept.length > Math.max(1, most)) thin();
      const taken = { items: kept.map(({ item }) => item), oneIn };
      kept = [];
      seen = bytes = 0;
      oneIn = 1;
      return taken;
    },
  };
};
