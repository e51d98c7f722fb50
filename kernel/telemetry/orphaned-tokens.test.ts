import { expect, test } from 'vitest';
import { isWholeAndStored, orphanedTokens, readDeduplicationLog, writeDeduplicationLog } from './orphaned-tokens.ts';

const log = (...records: string[]): string => records.map((record) => `${record.replaceAll(' ', '\t')}\n`).join('');
const orphansOf = (text: string, names: readonly string[]): string[] =>
  [...orphanedTokens(readDeduplicationLog(text).records, names)].map(({ token }) => token);

test('a token is an orphan when its part is neither there nor covered', () => {
  const text = log(
    '1 20260101_1_1_0 there',
    '1 20260101_2_2_0 merged',
    '1 20260101_9_9_0 mutated',
    '1 20260101_7_7_0 lost',
    '1 20260102_2_2_0 of-another-day',
    '1 20260101_12_12_1 aggregated',
  );
  const names = ['20260101_1_1_0', '20260101_2_6_1', '20260101_9_9_0_11', '20260101_10_12_3'];
  expect(orphansOf(text, names)).toEqual(['lost', 'of-another-day']);
});

test('what is on its way to become a part or to cease to be one is none', () => {
  const names = [
    'tmp_insert_20260101_1_1_0',
    'tmp_merge_20260101_1_3_1',
    'delete_tmp_20260101_1_1_0',
    'broken-on-start_20260101_1_1_0',
    'detached',
    'deduplication_logs',
    'format_version.txt',
  ];
  expect(orphansOf(log('1 20260101_1_1_0 a'), names)).toEqual(['a']);
});

test('the last that is said of a token counts', () => {
  const text = log(
    '1 all_1_1_0 dropped',
    '1 all_2_2_0 stored-again',
    '2 all_1_1_0 dropped',
    '2 all_2_2_0 stored-again',
    '1 all_3_3_0 stored-again',
    '1 all_4_4_0 cancelled',
    '3 all_4_4_0 cancelled',
  );
  expect(orphansOf(text, ['all_3_3_0'])).toEqual([]);
  expect(orphansOf(text, ['all_2_2_0'])).toEqual(['stored-again']);
});

test('a line that was cut off is left out, wherever it was cut, and what was appended to it is read', () => {
  const whole = log('1 all_1_1_0 a', '2 all_1_1_0 a');
  const line = log('1 all_2_2_0 bcd');
  const next = log('1 all_3_3_0 e');
  for (let length = 1; length < line.length; length++) {
    const cut = line.slice(0, length);
    const atTheEnd = readDeduplicationLog(whole + cut);
    expect(atTheEnd.tornLines, cut).toBe(1);
    expect(writeDeduplicationLog(atTheEnd.records), cut).toBe(whole);
    const inBetween = readDeduplicationLog(whole + cut + next);
    expect(inBetween.tornLines, cut).toBe(1);
    expect(writeDeduplicationLog(inBetween.records), cut).toBe(whole + next);
  }
  const zeros = readDeduplicationLog(`${whole}\0\0\0${next}`);
  expect(writeDeduplicationLog(zeros.records)).toBe(whole + next);
  expect(zeros.tornLines).toBe(1);
});

test('a log that is whole stays as it is', () => {
  const text = log('1 all_1_1_0 a', '2 all_1_1_0 a', '3 all_1_1_0 a', '1 20260101_2_2_0_5 20260101_123_456');
  const { records, tornLines } = readDeduplicationLog(text);
  expect(tornLines).toBe(0);
  expect(writeDeduplicationLog(records)).toBe(text);
  expect(readDeduplicationLog('')).toEqual({ records: [], tornLines: 0 });
});

test('what is whole and stored is told without reading the records, and never of a log that has an orphan', () => {
  const names = ['20260101_1_1_0', '20260101_2_6_1', '20260101_9_9_0_11', '20260102_1_2_1'];
  const lines = [
    '1 20260101_1_1_0 a',
    '1 20260101_4_4_0 b',
    '1 20260101_9_9_0 c',
    '1 20260102_2_2_0_5 20260102_123_456',
    '1 20260101_7_7_0 lost',
    '1 20260102_4_4_0 lost-too',
    '2 20260101_7_7_0 lost',
    '2 20260101_1_1_0 a',
    '3 20260102_4_4_0 lost-too',
  ];
  const stored = lines.slice(0, 4);
  expect(isWholeAndStored('', names)).toBe(true);
  expect(isWholeAndStored(log(...stored), names)).toBe(true);
  expect(isWholeAndStored(log(...stored, '2 20260101_7_7_0 z'), names)).toBe(true);
  expect(isWholeAndStored(log(...stored), names.slice(1))).toBe(false);
  expect(isWholeAndStored(log(...stored), [])).toBe(false);
  let random = 1;
  const next = (below: number): number => {
    random = (random * 48_271) % 2_147_483_647;
    return random % below;
  };
  let told = 0;
  for (let round = 0; round < 3000; round++) {
    const text = log(...Array.from({ length: 1 + next(4) }, () => lines[next(lines.length)]!));
    const cut = round % 3 === 0 ? text.slice(0, next(text.length)) + text.slice(next(text.length)) : text;
    const there = names.filter(() => next(4) > 0);
    if (!isWholeAndStored(cut, there)) continue;
    told++;
    expect(readDeduplicationLog(cut).tornLines, cut).toBe(0);
    expect(orphansOf(cut, there), cut).toEqual([]);
  }
  expect(told).toBeGreaterThan(300);
});
