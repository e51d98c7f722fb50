/** Lists of lines in order of time, joined without repeats. */
import type { LogLine } from '../../../../api/contract/logs.ts';

/** Below zero when `a` was written before `b`. Ids are `<nanoseconds>-<partition>-<offset>-<index>`, the order of the storage. */
export const compareIds = (a: string, b: string): number => {
  if (a === b) return 0;
  const [aParts, bParts] = [a.split('-'), b.split('-')];
  for (let part = 0; part < 4; part += 1) {
    const [left, right] = [aParts[part] ?? '', bParts[part] ?? ''];
    if (left.length !== right.length) return left.length - right.length;
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
};

/**
 * `added`, in any order, put among `lines`, newest first and each line once, cut to the `most` newest.
 * The arrays given stay as they are.
 */
export const mergeNewest = (lines: readonly LogLine[], added: readonly LogLine[], most: number): LogLine[] => {
  if (added.length === 0) return lines.length > most ? lines.slice(0, most) : lines.slice();
  const fresh = added.toSorted((a, b) => compareIds(b.id, a.id));
  const merged: LogLine[] = [];
  let at = 0;
  for (const line of fresh) {
    let order = -1;
    while (at < lines.length) {
      const known = lines[at]!;
      order = compareIds(known.id, line.id);
      if (order <= 0) break;
      merged.push(known);
      at += 1;
    }
    const repeated = (at < lines.length && order === 0) || merged.at(-1)?.id === line.id;
    if (!repeated) merged.push(line);
  }
  for (; at < lines.length && merged.length < most; at += 1) merged.push(lines[at]!);
  return merged.length > most ? merged.slice(0, most) : merged;
};
