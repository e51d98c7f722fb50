/** How well a name matches what was typed: the palette's order. */

/** 0 is best; null means: it does not. `ca` finds `checkout-api` by its words and `catalog` by its start. */
export const rankOf = (name: string, typed: string): number | null => {
  const text = typed.trim().toLowerCase();
  const candidate = name.toLowerCase();
  if (text === '') return 0;
  if (candidate === text) return 0;
  if (candidate.startsWith(text)) return 1;
  const words = candidate.split(/[\s./_-]+/);
  if (words.some((word) => word.startsWith(text))) return 2;
  if (
    words
      .map((word) => word[0])
      .join('')
      .startsWith(text)
  )
    return 3;
  if (candidate.includes(text)) return 4;
  return text.split(/\s+/).every((part) => candidate.includes(part)) ? 5 : null;
};

/** Those that match, best first; equal ones keep their order. */
export const bestMatches = <T>(entries: readonly T[], nameOf: (entry: T) => string, typed: string): T[] =>
  entries
    .map((entry) => ({ entry, rank: rankOf(nameOf(entry), typed) }))
    .filter((match): match is { entry: T; rank: number } => match.rank !== null)
    .sort((a, b) => a.rank - b.rank)
    .map(({ entry }) => entry);
