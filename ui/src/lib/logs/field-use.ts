/** Which fields lines have, by how many have them: what one can choose to see beside the message. */
import type { LogLine } from '../../../../api/contract/logs.ts';

export interface FieldUse {
  readonly key: string;
  readonly lines: number;
  /** Said once by the sender for all its lines. */
  readonly ofResource: boolean;
}

/** Fields of the lines themselves first, then those of their resources; the most used first, then by name. */
export const fieldUse = (lines: readonly LogLine[]): FieldUse[] => {
  const own = new Map<string, number>();
  const shared = new Map<string, number>();
  const count = (counts: Map<string, number>, attributes: Readonly<Record<string, unknown>>): void => {
    for (const key of Object.keys(attributes)) counts.set(key, (counts.get(key) ?? 0) + 1);
  };
  for (const line of lines) {
    count(own, line.attributes);
    count(shared, line.resource.attributes);
  }
  const listed = (counts: ReadonlyMap<string, number>, ofResource: boolean): FieldUse[] =>
    [...counts]
      .map(([key, used]) => ({ key, lines: used, ofResource }))
      .sort((a, b) => b.lines - a.lines || a.key.localeCompare(b.key));
  return [...listed(own, false), ...listed(shared, true).filter(({ key }) => !own.has(key))];
};
