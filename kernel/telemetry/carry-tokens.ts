/**
 * A table that takes the place of another remembers none of its tokens: a batch that a crash left open before an upgrade
 * would be stored again by it. So before it takes the place the tokens are written into its log, while the engine does not
 * run. ClickHouse forgets a token with the part that it names, and so each gets the name of a part that has the rows now:
 * one of the same partition, of which a copy keeps the name.
 */
import { logPathsOf, namesIn, readLogs, replaceLog } from './deduplication-logs.ts';
import {
  nameOfPartIn,
  orphanedTokens,
  readDeduplicationLog,
  type TokenRecord,
  tokensAdded,
  writeDeduplicationLog,
} from './orphaned-tokens.ts';

/** What a table remembers of rows that it has, in order. @param table its directory */
export const rememberedTokens = async (table: string): Promise<readonly TokenRecord[]> => {
  const records = (await readLogs(await logPathsOf(table))).flatMap(({ text }) => readDeduplicationLog(text).records);
  const orphans = orphanedTokens(records, await namesIn(table));
  return tokensAdded(records).filter((record) => !orphans.has(record));
};

/**
 * Makes a table remember tokens, of partitions that it has. Durable once resolved. Nothing may have the table open.
 * @param path of the engine
 * @param table its directory
 */
export const carryTokens = async (path: string, table: string, tokens: readonly TokenRecord[]): Promise<void> => {
  const [log] = (await readLogs(await logPathsOf(table))).slice(-1);
  if (log === undefined) return;
  const names = await namesIn(table);
  const carried = tokens.flatMap((token) => {
    const part = nameOfPartIn(names, token.part);
    return part === undefined ? [] : [{ ...token, part }];
  });
  const { records } = readDeduplicationLog(log.text);
  await replaceLog(path, { path: log.path, text: writeDeduplicationLog([...records, ...carried]) });
};
