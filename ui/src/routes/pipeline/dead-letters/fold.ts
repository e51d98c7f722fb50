/**
 * Folds indented JSON by its lines. The text stays what it is, number for number, also where it was cut off: parsing it
 * would round what a double does not hold.
 */

export interface FoldLine {
  readonly text: string;
  /** Index of the line that closes what this one opens; undefined where nothing can be folded. */
  readonly closesAt: number | undefined;
}

export const foldLines = (text: string): FoldLine[] => {
  const lines = text.split('\n');
  const closesAt = new Map<number, number>();
  const open: { readonly at: number; readonly indent: number }[] = [];
  for (const [at, line] of lines.entries()) {
    const indent = indentOf(line);
    if (/^\s*[}\]]/.test(line)) {
      const opened = open.pop();
      if (opened && opened.indent === indent && at > opened.at + 1) closesAt.set(opened.at, at);
    }
    if (/[{[]$/.test(line)) open.push({ at, indent });
  }
  return lines.map((line, at) => ({ text: line, closesAt: closesAt.get(at) }));
};

/** The indexes of the lines that are seen while some are folded. */
export const seenLines = (lines: readonly FoldLine[], folded: ReadonlySet<number>): number[] => {
  const seen: number[] = [];
  for (let at = 0; at < lines.length; at++) {
    seen.push(at);
    const closesAt = lines[at]!.closesAt;
    // Its own last line stands behind it: `"spans": [ … ]`.
    if (closesAt !== undefined && folded.has(at)) at = closesAt;
  }
  return seen;
};

/** What stands behind a folded line: the mark that closes it, with its comma. */
export const closingOf = (lines: readonly FoldLine[], at: number): string => {
  const closesAt = lines[at]?.closesAt;
  return closesAt === undefined ? '' : (lines[closesAt]?.text.trim() ?? '');
};

const indentOf = (line: string): number => line.length - line.trimStart().length;
