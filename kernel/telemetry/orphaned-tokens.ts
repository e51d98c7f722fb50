/**
 * Tokens that a table remembers of rows it does not have. MergeTree of ClickHouse 26.7 writes an insert's token into its
 * deduplication log, then renames the part into place: killed between the two, or refused by the disk, it ignores the
 * same insert from then on, and the rows are lost. Here is decided which tokens those are; `take-back-tokens.ts` acts.
 *
 * A token is an orphan when its part is neither there nor covered by another. Parts go for other reasons as well, and to
 * forget those tokens does no harm: a token only matters while its batch can still come again, minutes. What retention
 * removed would be removed again; what a replay dropped comes under other tokens (docs/decisions/0015); and of a part
 * that ClickHouse found broken and put aside the rows are gone, so that they had better come again.
 *
 * It must be decided before the next insert: numbers of parts are given again after a restart, and a merge covers numbers
 * of parts that never were.
 */

/** What a deduplication log says, a file or several of them in order. */
export interface ReadLog {
  readonly records: readonly TokenRecord[];
  /** Lines that ClickHouse could not read. It reads none behind the first of them. */
  readonly tornLines: number;
}

export interface TokenRecord {
  /** 1: the token was added. 2: it was dropped. Later versions know more. */
  readonly operation: number;
  /** The name of the part that the insert made. */
  readonly part: string;
  readonly token: string;
}

/** A write that failed leaves a part of a line, to which the next record is appended: that one is read all the same. */
export const readDeduplicationLog = (text: string): ReadLog => {
  const records: TokenRecord[] = [];
  let tornLines = 0;
  // What follows the last end of a line is no record, however whole it looks: it may still lack a digit.
  const lines = text.split('\n');
  if (lines.pop() !== '') tornLines++;
  for (const line of lines) {
    const found = lastRecordOfLine.exec(line);
    if (found === null || found.index > 0 || !partName.test(found[2]!)) tornLines++;
    if (found !== null && partName.test(found[2]!)) {
      records.push({ operation: Number(found[1]), part: found[2]!, token: found[3]! });
    }
  }
  return { records, tornLines };
};

const lastRecordOfLine = /([1-9])\t([^\t]+)\t([^\t]+)$/;

export const writeDeduplicationLog = (records: readonly TokenRecord[]): string =>
  records.map(({ operation, part, token }) => `${operation}\t${part}\t${token}\n`).join('');

/** @param names all that is in the table's directory: parts, and what is on its way to become or cease to be one */
export const orphanedTokens = (records: readonly TokenRecord[], names: readonly string[]): ReadonlySet<TokenRecord> => {
  const isThere = lookUpParts(names);
  return new Set(tokensAdded(records).filter(({ part }) => !isThere(partOf(part)!)));
};

/** Those that were not dropped later: the last that is said of a token counts. */
export const tokensAdded = (records: readonly TokenRecord[]): readonly TokenRecord[] =>
  [...new Map(records.map((record) => [record.token, record])).values()].filter(({ operation }) => operation === added);

/**
 * True when no line was cut off and each token that was ever added has its part: there is no orphan then. It is what nearly
 * all logs are, and told in less than half of the time that it takes to read their records.
 */
export const isWholeAndStored = (text: string, names: readonly string[]): boolean => {
  const isThere = lookUpParts(names);
  wholeLine.lastIndex = 0;
  while (wholeLine.lastIndex < text.length) {
    const found = wholeLine.exec(text);
    if (found === null) return false;
    const part = { partition: found[2]!, min: Number(found[3]), max: Number(found[4]) };
    if (Number(found[1]) === added && !isThere(part)) return false;
  }
  return true;
};

/** From where the one before has ended; what is said of parts is what `partName` says. */
const wholeLine = /([1-9])\t([^_\t\n]+)_(\d+)_(\d+)_\d+(?:_\d+)?\t[^\t\n]+\n/y;

/** Whether a part is among `names`, or one that it was merged into. */
const lookUpParts = (names: readonly string[]): ((part: Part) => boolean) => {
  const there = Map.groupBy(
    names.map(partOf).filter((part) => part !== undefined),
    ({ partition }) => partition,
  );
  let last: Part | undefined;
  return (part) => {
    // Tokens that follow each other are mostly of the same merged part.
    if (last === undefined || !covers(last, part)) {
      last = there.get(part.partition)?.find((other) => covers(other, part));
    }
    return last !== undefined;
  };
};

const covers = (a: Part, b: Part): boolean => a.partition === b.partition && a.min <= b.min && a.max >= b.max;

const added = 1;

/** Any of `names` that is a part of the same partition as `part`. */
export const nameOfPartIn = (names: readonly string[], part: string): string | undefined => {
  const { partition } = partOf(part)!;
  return names.find((name) => partOf(name)?.partition === partition);
};

interface Part {
  readonly partition: string;
  /** The first and the last of the inserts whose rows it holds, by number. */
  readonly min: number;
  readonly max: number;
}

const partOf = (name: string): Part | undefined => {
  const found = partName.exec(name);
  return found === null ? undefined : { partition: found[1]!, min: Number(found[2]), max: Number(found[3]) };
};

/**
 * Partition, first and last number, level, and the mutation if there was one. As ClickHouse reads it, the partition ends
 * at the first underscore; so `tmp_insert_…`, `tmp_merge_…` and `delete_tmp_…` are no parts.
 */
const partName = /^([^_]+)_(\d+)_(\d+)_\d+(?:_\d+)?$/;
