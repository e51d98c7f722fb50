/** What a kill or a full disk leaves behind in the embedded store, made by hand: rows come again and must be there once. */
import { appendFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Telemetry } from './client.ts';
import { NoRoomForRowsError, openInsertDoubts } from './doubted-inserts.ts';
import { openEmbeddedTelemetry } from './embedded.ts';
import { migrateTelemetry } from './migrate.ts';
import { startRestartableEngine } from './restartable-engine.ts';
import { blockOf, spanTypes } from './test-block.ts';

const nowMs = Date.now();

let directory: string;
let telemetry: Telemetry;
/** What is told of the engine being started again. */
let said: string[];
const report = (sentence: string): void => {
  if (sentence.includes('started again')) said.push(sentence);
};
const open = async (): Promise<void> => {
  telemetry = await openEmbeddedTelemetry({ directory, report });
};
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'syntra-doubts-'));
  said = [];
  await open();
  await migrateTelemetry(telemetry);
});
afterEach(async () => {
  await telemetry.close();
  await rm(directory, { recursive: true });
});

const put = (token: string): Promise<void> =>
  telemetry.insert({ table: 'spans', ...blockOf(spanTypes, [['o', 'p', nowMs, 30, 'shop']]), token });
/** How many spans the table has, and how many its views counted. */
const counts = async (): Promise<object> => {
  const [row] = await telemetry.inspect<object>(`SELECT (SELECT count() FROM spans) AS spans,
    (SELECT sum(span_count) FROM traces) AS traces, (SELECT sum(calls) FROM red) AS red,
    (SELECT sum(calls) FROM red_rollups WHERE grain_minutes = 60) AS rollups`);
  return row!;
};
const allOf = (n: number): object => ({ spans: n, traces: n, red: n, rollups: n });
const directoryOf = async (table: string): Promise<string> => {
  const [row] = await telemetry.inspect<{ path: string }>(
    `SELECT data_paths[1] AS path FROM system.tables WHERE database = currentDatabase() AND name = '${table}'`,
  );
  return row!.path;
};
const partsIn = async (path: string): Promise<string[]> => (await readdir(path)).filter((name) => /^\d/.test(name));
/** That of the insert that came last: a table that was altered when it was made does not begin with 1. */
const lastOf = (parts: readonly string[]): string => {
  const numberOf = (part: string): number => Number(part.split('_')[1]);
  return parts.toSorted((a, b) => numberOf(a) - numberOf(b)).at(-1)!;
};
const logOf = (path: string): string => join(path, 'deduplication_logs', 'deduplication_log_1.txt');

test.each(['spans', 'traces', 'red', 'red_rollups'])(
  'killed when %s had noted a token and not yet the part: the rows that come again are stored, others are not',
  async (table) => {
    await telemetry.command('SYSTEM STOP MERGES');
    for (const token of ['a', 'b', 'c']) await put(token);
    const path = await directoryOf(table);
    await telemetry.close();
    const parts = await partsIn(path);
    expect(parts).toHaveLength(3);
    // As it is between the two: the token is there, the part is not.
    await rm(join(path, lastOf(parts)), { recursive: true });
    await open();
    for (const token of ['a', 'b', 'c']) await put(token);
    expect(await counts()).toEqual(allOf(3));
    // Before the engine was started the first time: it knew nothing of that token.
    expect(said).toEqual([]);
    await put('d');
    expect(await counts()).toEqual(allOf(4));
  },
);

test('tokens of parts that were merged are kept', async () => {
  for (const token of ['a', 'b', 'c']) await put(token);
  const path = await directoryOf('red');
  for (const table of ['spans', 'traces', 'red', 'red_rollups'])
    await telemetry.command(`OPTIMIZE TABLE ${table} FINAL`);
  await telemetry.close();
  // What was merged goes some time after the merge.
  for (const name of await partsIn(path)) {
    if (!name.includes('_1_3_')) await rm(join(path, name), { recursive: true });
  }
  const merged = await partsIn(path);
  expect(merged.length).toBeGreaterThan(0);
  const before = await readFile(logOf(path), 'utf8');
  await open();
  for (const token of ['a', 'b', 'c']) await put(token);
  expect(await counts()).toEqual(allOf(3));
  expect(await readFile(logOf(path), 'utf8')).toBe(before);
  expect(said).toEqual([]);
});

test('a part that is broken is put aside when the engine starts, and its rows are stored when they come again', async () => {
  await telemetry.command('SYSTEM STOP MERGES');
  for (const token of ['a', 'b', 'c']) await put(token);
  const path = await directoryOf('red');
  await telemetry.close();
  const broken = join(path, (await partsIn(path)).find((name) => name.includes('_2_2_'))!);
  for (const name of await readdir(broken)) await truncate(join(broken, name));
  await open();
  for (const token of ['a', 'b', 'c']) await put(token);
  expect(await counts()).toEqual(allOf(3));
  expect(said).toEqual([expect.stringContaining('1 of its tokens')]);
});

test('a record that was cut off costs no other one its token', async () => {
  await put('a');
  const path = await directoryOf('spans');
  await telemetry.close();
  const first = await partsIn(path);
  expect(first).toHaveLength(1);
  const whole = await readFile(logOf(path), 'utf8');
  await appendFile(logOf(path), whole.slice(0, -3));
  await open();
  await telemetry.command('SYSTEM STOP MERGES');
  await put('b');
  await telemetry.close();
  const second = (await partsIn(path)).filter((name) => !first.includes(name));
  expect(second).toEqual([expect.stringMatching(/^\d+_(\d+)_\1_0$/)]);
  const lines = (await readFile(logOf(path), 'utf8')).split('\n');
  expect(lines.slice(0, 2)).toEqual([whole.trimEnd(), expect.stringMatching(new RegExp(`^1\t${second[0]}\t\\S+$`))]);
  await open();
  for (const token of ['a', 'b']) await put(token);
  expect(await counts()).toEqual(allOf(2));
});

test('in a process that goes on, an insert that failed lets the engine forget tokens without rows; readers wait', async () => {
  await telemetry.command('SYSTEM STOP MERGES');
  for (const token of ['a', 'b', 'c']) await put(token);
  const path = await directoryOf('red');
  await rm(join(path, lastOf(await partsIn(path))), { recursive: true });
  const block = blockOf(spanTypes, [['o', 'p', nowMs, 30, 'shop']]);
  await expect(telemetry.insert({ table: 'no_such_table', ...block, token: 'x' })).rejects.toThrow('no_such_table');
  const reads = Array.from({ length: 20 }, () => telemetry.inspect('SELECT count() AS n FROM spans'));
  const puts = ['a', 'b', 'c'].map(put);
  await Promise.all(puts);
  expect(await Promise.all(reads)).toEqual(Array.from({ length: 20 }, () => [{ n: 3 }]));
  expect(await counts()).toEqual(allOf(3));
  expect(said).toEqual([expect.stringContaining('1 of its tokens')]);
});

test('what is inserted while the disk is full is not believed, and believed when it comes again', async () => {
  await telemetry.close();
  const path = join(directory, 'chdb');
  const engine = startRestartableEngine(path);
  const reports: string[] = [];
  let isFull = false;
  const doubts = openInsertDoubts({
    path,
    engine,
    doubt: 'none',
    onRestart: async () => {},
    report: (sentence) => reports.push(sentence),
    intervalMs: 60_000,
    measure: async () => ({ totalBytes: 1000, freeBytes: isFull ? 12 : 13, reserveBytes: 50 }),
  });
  const rows = <Row>(sql: string) =>
    engine.readers.lend(async (client) => (await client.query({ query: sql, format: 'JSONEachRow' })).json<Row>());
  const ask = (sql: string) => engine.writers.lend(async (client) => void (await client.command({ query: sql })));
  try {
    await ask(`CREATE TABLE words (word String) ENGINE = MergeTree ORDER BY word
      SETTINGS non_replicated_deduplication_window = 100`);
    const insert = () =>
      doubts.settleThen(() => ask(`INSERT INTO words SETTINGS insert_deduplication_token = 't' VALUES ('a')`));
    isFull = true;
    for (let i = 0; i < 3; i++) await expect(insert()).rejects.toThrow(NoRoomForRowsError);
    expect(reports).toEqual([]);
    isFull = false;
    // The part of the insert that was not believed is one that cannot be read.
    const [words] = await rows<{ path: string }>(
      `SELECT data_paths[1] AS path FROM system.tables WHERE name = 'words'`,
    );
    const part = join(words!.path, 'all_1_1_0');
    for (const name of await readdir(part)) await writeFile(join(part, name), '');
    await Promise.all([insert(), insert()]);
    expect(await rows('SELECT word FROM words')).toEqual([{ word: 'a' }]);
    expect(reports).toEqual([expect.stringContaining('; 0 of'), expect.stringContaining('; 1 of')]);
  } finally {
    doubts.close();
    await engine.close();
    await open();
  }
});
