import { expect, test } from 'vitest';
import { WireReader } from '../wire.ts';
import { ArrayColumn, ArrayEnds } from './array-column.ts';
import { BlockMemory } from './block-memory.ts';
import { RowsTooLargeError } from './byte-buffer.ts';
import { LowCardinalityColumn } from './low-cardinality-column.ts';
import { MapColumn, scratchPairs } from './map-column.ts';
import { MapRunsColumn } from './map-runs-column.ts';
import { NullableColumn } from './nullable-column.ts';
import { PlainColumn } from './plain-column.ts';
import { readBlock } from './read-block.ts';
import { type Columns, structureOf, writeBlock } from './write-block.ts';

const rowsOf = (columns: Columns, rows: number) => [...readBlock(Buffer.concat(writeBlock(columns, rows)))];
const pad = (text: string): [WireReader, number, number] => {
  const bytes = Buffer.from(` ${text}`);
  return [new WireReader(Uint8Array.from(bytes)), 1, bytes.length - 1];
};

test('a block says how many columns and rows it has, and of each column its name and type', () => {
  const count = new PlainColumn(new BlockMemory(2 ** 20), 'UInt8');
  count.values.byte(7);
  count.values.byte(8);
  expect([...Buffer.concat(writeBlock({ n: count }, 2))]).toEqual([
    ...[1, 2],
    ...[1, 'n'.charCodeAt(0)],
    ...[5, ...Buffer.from('UInt8')],
    ...[7, 8],
  ]);
  expect(structureOf({ n: count, 'a.b': count })).toBe('`n` UInt8, `a.b` UInt8');
});

test('values of every kind of column come back', () => {
  const memory = new BlockMemory(2 ** 20);
  const ends = new ArrayEnds(memory);
  const columns = {
    number: new PlainColumn(memory, 'Int64'),
    text: new PlainColumn(memory, 'String'),
    id: new PlainColumn(memory, 'FixedString(2)'),
    kind: new PlainColumn(memory, "Enum8('a' = 0, 'b' = 1)"),
    maybe: new NullableColumn(memory),
    word: new LowCardinalityColumn(memory),
    map: new MapColumn(memory),
    'list.words': new ArrayColumn(ends, new LowCardinalityColumn(memory)),
    'list.maps': new ArrayColumn(ends, new MapColumn(memory)),
  };
  for (const [row, text] of ['one', 'two', 'one'].entries()) {
    columns.number.values.int64(-row);
    columns.text.values.utf8(text);
    columns.id.values.uint16(row);
    columns.kind.values.byte(row % 2);
    if (row === 1) columns.maybe.addNull();
    else columns.maybe.add(new WireReader(new Uint8Array(Float64Array.of(0, 1.5).buffer)), 8);
    columns.word.addText(...pad(text), 100);
    for (let i = 0; i < row; i++) {
      columns['list.words'].elements.addText(...pad(`${text}${i}`), 3);
      const { pairs, dictionary } = columns['list.maps'].elements;
      pairs.keys.uint32(dictionary.numberOfText('key'));
      pairs.values.utf8(`value ${i}`);
      columns['list.maps'].elements.end();
    }
    ends.add(columns['list.words'].elements.numbers.position / 4);
    columns.map.end();
  }
  expect(rowsOf(columns, 3)).toEqual([
    {
      ...{ number: 0n, text: 'one', id: '0000', kind: 'a', maybe: 1.5, word: 'one', map: [] },
      ...{ 'list.words': [], 'list.maps': [] },
    },
    {
      ...{ number: -1n, text: 'two', id: '0100', kind: 'b', maybe: null, word: 'two', map: [] },
      ...{ 'list.words': ['two'], 'list.maps': [[['key', 'value 0']]] },
    },
    {
      ...{ number: -2n, text: 'one', id: '0200', kind: 'a', maybe: 1.5, word: 'one', map: [] },
      ...{ 'list.words': ['one', 'one'], 'list.maps': [[['key', 'value 0']], [['key', 'value 1']]] },
    },
  ]);
});

test.each([1, 255, 256, 257, 65_536, 65_537])('a dictionary of %d values', (count) => {
  const memory = new BlockMemory(2 ** 24);
  const word = new LowCardinalityColumn(memory);
  const texts = Array.from({ length: count }, (_, i) => 'x'.repeat(i % 9) + i);
  for (const text of [...texts, ...texts]) word.addText(...pad(text), 100);
  expect(word.dictionary.count).toBe(count);
  expect(rowsOf({ word }, 2 * count).map((row) => row.word)).toEqual([...texts, ...texts]);
});

test('what is the same in many rows is written once and repeated', () => {
  const memory = new BlockMemory(2 ** 24);
  const columns = {
    number: new PlainColumn(memory, 'UInt16'),
    word: new LowCardinalityColumn(memory),
    map: new MapColumn(memory),
  };
  const { dictionary } = columns.map;
  const pairs = { keys: new BlockMemory(2 ** 20).buffer(), values: new BlockMemory(2 ** 20).buffer() };
  for (const key of ['a', 'b']) {
    pairs.keys.uint32(dictionary.numberOfText(key));
    pairs.values.utf8(`of ${key}`);
  }
  for (const times of [0, 1, 2, 7, 1000]) {
    if (times > 0) columns.number.values.uint16(times);
    columns.number.values.repeat(2, times - 1);
    columns.word.addTimes(columns.word.dictionary.numberOfText(`${times}`), times);
    columns.map.add(pairs, times);
  }
  const map = [
    ['a', 'of a'],
    ['b', 'of b'],
  ];
  expect(rowsOf(columns, 1010)).toEqual(
    [1, 2, 7, 1000].flatMap((times) => Array(times).fill({ number: times, word: `${times}`, map })),
  );
});

/** A map of these texts. */
const pairsOf = (column: MapRunsColumn, map: readonly (readonly [string, string])[]) => {
  const pairs = scratchPairs(2 ** 20);
  for (const [key, value] of map) {
    pairs.keys.uint32(column.dictionary.numberOfText(key));
    pairs.values.utf8(value);
  }
  return pairs;
};

test('maps that come in runs are in every row of theirs', () => {
  const map = new MapRunsColumn(new BlockMemory(2 ** 24));
  const runs = [
    {
      times: 3,
      pairs: [
        ['a', 'one'],
        ['b', ''],
      ],
    },
    { times: 0, pairs: [['never', 'seen']] },
    { times: 1, pairs: [] },
    {
      times: 1000,
      pairs: [
        ['b', 'two'],
        ['a', 'one'],
        ['c', 'x'.repeat(300)],
      ],
    },
    { times: 2, pairs: [] },
    { times: 1, pairs: [['a', '']] },
  ] as const;
  for (const { times, pairs } of runs) map.add(pairsOf(map, pairs), times);
  expect(rowsOf({ map }, 1007)).toEqual(runs.flatMap(({ times, pairs }) => Array(times).fill({ map: pairs })));
  const empty = new MapRunsColumn(new BlockMemory(2 ** 24));
  expect(rowsOf({ empty }, 0)).toEqual([]);
  empty.add(pairsOf(empty, []), 2);
  expect(rowsOf({ empty }, 2)).toEqual([{ empty: [] }, { empty: [] }]);
});

test.each([1, 256, 257, 65_536, 65_537])('maps in runs with %d keys, and as many values and one', (count) => {
  const map = new MapRunsColumn(new BlockMemory(2 ** 28));
  const maps = Array.from({ length: count }, (_, i) => [[`key ${i}`, 'x'.repeat(i % 9) + i] as const]);
  maps.push([['key 0', 'one more']]);
  for (const pairs of maps) map.add(pairsOf(map, pairs), 2);
  expect([map.dictionary.count, map.values.count]).toEqual([count, count + 1]);
  expect(rowsOf({ map }, 2 * count + 2).map((row) => row.map)).toEqual(maps.flatMap((pairs) => [pairs, pairs]));
});

test('a map of many rows is kept and written once, and counts for a request as often as it comes', () => {
  const memory = new BlockMemory(2 ** 20);
  const map = new MapRunsColumn(memory);
  const pairs = pairsOf(map, [['key', 'v'.repeat(10_000)]]);
  memory.mark();
  map.add(pairs, 100);
  memory.checkRequest();
  const written = Buffer.concat(writeBlock({ map }, 100)).length;
  expect(written).toBeLessThan(12_000);
  // the names and flags of the column are not counted
  expect(memory.usedBytes()).toBeGreaterThan(written - 200);
  expect(memory.usedBytes()).toBeLessThan(written);
  expect(memory.unfoldedBytes()).toBeGreaterThan(1_000_000);
  expect(memory.unfoldedBytes()).toBeLessThan(1_010_000);
  memory.mark();
  map.add(pairs, 104);
  memory.checkRequest();
  memory.mark();
  map.add(pairs, 105);
  expect(() => memory.checkRequest()).toThrow(RowsTooLargeError);
  memory.rollback();
  expect(rowsOf({ map }, 204)).toHaveLength(204);
  expect(memory.unfoldedBytes()).toBeLessThan(2_050_000);
  memory.clear();
  expect([memory.usedBytes(), memory.unfoldedBytes()]).toEqual([0, 0]);
});

test('of what comes once, a request may have as much as in other columns', () => {
  const memory = new BlockMemory(2 ** 20);
  const map = new MapRunsColumn(memory);
  for (let i = 0; i < 100; i++) map.add(pairsOf(map, [['key', `${i}`.padEnd(10_000)]]), 1);
  memory.checkRequest();
  expect(memory.unfoldedBytes()).toBeGreaterThan(1_000_000);
  expect(memory.unfoldedBytes()).toBeLessThan(1_010_000);
});

test('what a request wrote is taken back, in all columns', () => {
  const memory = new BlockMemory(2 ** 20);
  const columns = { text: new PlainColumn(memory, 'String'), word: new LowCardinalityColumn(memory) };
  const add = (text: string) => {
    columns.text.values.utf8(text);
    columns.word.addText(...pad(text), 100);
  };
  memory.mark();
  add('kept');
  memory.mark();
  add('taken back'.repeat(1000));
  memory.rollback();
  add('kept too');
  expect(rowsOf(columns, 2)).toEqual([
    { text: 'kept', word: 'kept' },
    { text: 'kept too', word: 'kept too' },
  ]);
  memory.clear();
  expect(memory.usedBytes()).toBe(0);
  add('new');
  expect(rowsOf(columns, 1)).toEqual([{ text: 'new', word: 'new' }]);
});

test('a request has as much memory as it may take, over all columns, whatever is there of others', () => {
  const memory = new BlockMemory(10_000);
  const columns = [memory.buffer(), memory.buffer()];
  for (let request = 0; request < 3; request++) {
    memory.mark();
    for (const column of columns) column.zeros(5000);
    memory.checkRequest();
  }
  memory.mark();
  columns[0]!.zeros(5000);
  expect(() => columns[1]!.zeros(50_000)).toThrow(RowsTooLargeError);
  columns[1]!.zeros(5000);
  memory.checkRequest();
  columns[0]!.byte(1);
  expect(() => memory.checkRequest()).toThrow(RowsTooLargeError);
});

test('memory that one unusual request needed is given back', () => {
  const memory = new BlockMemory(2 ** 30);
  const buffer = memory.buffer();
  buffer.zeros(130 * 2 ** 20);
  memory.clear();
  expect(buffer.bytes.length).toBeLessThan(2 ** 20);
  buffer.zeros(8 * 2 ** 20);
  memory.clear();
  expect(buffer.bytes.length).toBeGreaterThanOrEqual(8 * 2 ** 20);
  for (let i = 0; i < 20; i++) memory.clear();
  expect(buffer.bytes.length).toBeLessThan(2 ** 20);
  const dictionary = memory.dictionary();
  for (let i = 0; i < 100; i++) dictionary.numberOfText(`${i}`.padEnd(60_000));
  expect(memory.heldBytes()).toBeGreaterThan(6_000_000);
  memory.clear();
  expect(memory.heldBytes()).toBeLessThan(2 ** 21);
});
