import { expect, test } from 'vitest';
import { cutLength, limits, truncatedKey } from './limits.ts';
import { type AnyValue, encodeLogs, encodeMetrics, encodeTraces, type KeyValue } from './proof/reference.ts';
import { rowsOfRequest } from './proof/rows-of.ts';
import { logsTranscoder } from './rows/logs-rows.ts';
import { metricsTranscoder } from './rows/metrics-rows.ts';
import type { Transcoder } from './rows/rows-block.ts';
import { spansTranscoder } from './rows/spans-rows.ts';

const origin = { org: 'o', project: 'p', receivedAtMs: 1_763_629_200_000, retentionDays: 30, partition: 0, offset: 0 };

const rowsOf = (transcoder: Transcoder, request: Uint8Array) => rowsOfRequest(transcoder, request, origin);
const spanRow = (span: object, resource = {}, scope = {}) => {
  const { rows, cutRows } = rowsOf(
    spansTranscoder(),
    encodeTraces({ resourceSpans: [{ resource, scopeSpans: [{ scope, spans: [span] }] }] }),
  );
  return { row: rows[0]!, cutRows };
};
const logRow = (log: object) => {
  const { rows, cutRows } = rowsOf(
    logsTranscoder(),
    encodeLogs({ resourceLogs: [{ scopeLogs: [{ logRecords: [log] }] }] }),
  );
  return { row: rows[0]!, cutRows };
};

const string = (key: string, stringValue: string): KeyValue => ({ key, value: { stringValue } });
const many = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => string(`key${from + i}`, `value${from + i}`));
const pairs = (column: unknown) => column as [string, string][];
const value = (column: unknown, key: string) => pairs(column).find(([name]) => name === key)?.[1];

/** An array in an array, and so on: `depth` of them around 'x'. */
const nested = (depth: number): AnyValue =>
  depth === 0 ? { stringValue: 'x' } : { arrayValue: { values: [nested(depth - 1)] } };

test('of 5,000 attributes the first 512 are kept, the rest counted as dropped', () => {
  const { row, cutRows } = spanRow({ attributes: many(5000), droppedAttributesCount: 3 });
  expect(cutRows).toBe(1);
  expect(pairs(row.attributes)).toEqual([
    ...many(512).map((kv) => [kv.key, kv.value?.stringValue]),
    [truncatedKey, 'attributes'],
  ]);
  expect(row.attribute_types).toBe('');
  expect(row.dropped_attributes_count).toBe(3 + 5000 - 512);
});

test('exactly as many as allowed is not too many', () => {
  const { row, cutRows } = spanRow({ attributes: many(512) });
  expect(cutRows).toBe(0);
  expect(pairs(row.attributes)).toHaveLength(512);
});

test('a text of a megabyte is cut to 64 KiB, a log body to 256 KiB', () => {
  const long = 'x'.repeat(2 ** 20);
  const { row, cutRows } = spanRow({ attributes: [string('a', 'b'), string('long', long)] });
  expect(cutRows).toBe(1);
  expect(pairs(row.attributes)).toEqual([
    ['a', 'b'],
    ['long', 'x'.repeat(limits.valueBytes)],
    [truncatedKey, 'values'],
  ]);
  const log = logRow({ body: { stringValue: long } });
  expect(log.cutRows).toBe(1);
  expect(log.row.body).toBe('x'.repeat(limits.bodyBytes));
  expect(pairs(log.row.attributes)).toEqual([[truncatedKey, 'body']]);
});

test.each([
  ['é', 2],
  ['漢', 3],
  ['😀', 4],
])('a text of %s is cut between characters', (character, size) => {
  for (let lead = 0; lead < size; lead++) {
    const long = 'x'.repeat(lead) + character.repeat(limits.valueBytes / size + 10);
    const { row } = spanRow({ attributes: [string('long', long)] });
    const kept = value(row.attributes, 'long')!;
    expect(long.startsWith(kept)).toBe(true);
    expect(kept).not.toContain('\ufffd');
    expect(Buffer.byteLength(kept)).toBeGreaterThan(limits.valueBytes - size);
    expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(limits.valueBytes);
  }
});

test('a text that is not UTF-8 is cut all the same', () => {
  expect(cutLength(new Uint8Array(100).fill(0x80), 0, 100, 10)).toBe(7);
  expect(cutLength(new Uint8Array(100).fill(0x80), 0, 100, 0)).toBe(0);
  expect(cutLength(new Uint8Array(100).fill(0xff), 0, 100, 10)).toBe(10);
});

test('what is nested deeper than 32 levels becomes null', () => {
  const { row, cutRows } = spanRow({
    attributes: [
      { key: 'deep', value: nested(40) },
      { key: 'fits', value: nested(32) },
    ],
  });
  expect(cutRows).toBe(1);
  expect(value(row.attributes, 'deep')).toBe(`${'['.repeat(32)}null${']'.repeat(32)}`);
  expect(value(row.attributes, 'fits')).toBe(`${'['.repeat(32)}"x"${']'.repeat(32)}`);
  expect(value(row.attributes, truncatedKey)).toBe('depth');
  expect(row.attribute_types).toBe('aas');
});

test('a hundred thousand levels do not overflow the stack', () => {
  // written from the inside out, as an encoder of objects would overflow its own
  const parts = [Buffer.from([0x0a, 1, 0x78])];
  let length = 3;
  const wrap = (tag: number) => {
    const header = Buffer.from([tag, ...lengthBytes(length)]);
    parts.push(header);
    length += header.length;
  };
  for (let depth = 0; depth < 100_000; depth++) {
    wrap(0x0a);
    wrap(0x2a);
  }
  // KeyValue.value, Span.attributes, ScopeSpans.spans, ResourceSpans.scope_spans, resource_spans
  for (const tag of [0x12, 0x4a, 0x12, 0x12, 0x0a]) wrap(tag);
  const { rows, cutRows } = rowsOf(spansTranscoder(), Buffer.concat(parts.reverse()));
  expect(cutRows).toBe(1);
  expect(rows.map((row) => row.attributes)).toEqual([
    [
      ['', `${'['.repeat(32)}null${']'.repeat(32)}`],
      [truncatedKey, 'depth'],
    ],
  ]);
});

const lengthBytes = (length: number): number[] =>
  length < 0x80 ? [length] : [(length & 0x7f) | 0x80, ...lengthBytes(length >>> 7)];

test('an array or map too large stays JSON', () => {
  const values = Array.from({ length: 50_000 }, (_, i): AnyValue => ({ stringValue: `"${i}"` }));
  const map = values.map((one, i): KeyValue => ({ key: `k${i}`, value: one }));
  const { row, cutRows } = spanRow({
    attributes: [
      { key: 'array', value: { arrayValue: { values } } },
      { key: 'map', value: { kvlistValue: { values: map } } },
      { key: 'one', value: { arrayValue: { values: [{ stringValue: '漢'.repeat(100_000) }] } } },
      { key: 'bytes', value: { arrayValue: { values: [{ bytesValue: Buffer.alloc(100_000, 255) }] } } },
      { key: 'top', value: { bytesValue: Buffer.alloc(100_000, 255) } },
    ],
  });
  expect(cutRows).toBe(1);
  expect(value(row.attributes, truncatedKey)).toBe('values');
  for (const [key, text] of pairs(row.attributes).slice(0, 5)) {
    expect(Buffer.byteLength(text), key).toBeGreaterThan(limits.valueBytes - 10);
    expect(Buffer.byteLength(text), key).toBeLessThan(limits.valueBytes + 100);
  }
  const array = JSON.parse(value(row.attributes, 'array')!) as string[];
  expect(array.slice(0, 3)).toEqual(['"0"', '"1"', '"2"']);
  expect(Object.keys(JSON.parse(value(row.attributes, 'map')!) as object).length).toBeGreaterThan(2000);
  expect((JSON.parse(value(row.attributes, 'one')!) as string[])[0]).toMatch(/^漢+$/);
  const bytes = (JSON.parse(value(row.attributes, 'bytes')!) as { bytes: string }[])[0]!.bytes;
  expect(Buffer.from(bytes, 'base64').every((byte) => byte === 255)).toBe(true);
  expect(Buffer.from(value(row.attributes, 'top')!, 'base64').every((byte) => byte === 255)).toBe(true);
});

test('names are cut, attributes with too long a key are dropped, and all of it is named', () => {
  const long = 'n'.repeat(5000);
  const { row, cutRows } = spanRow({
    name: long,
    status: { message: 'm'.repeat(100_000) },
    traceState: 't'.repeat(100_000),
    attributes: [string(long, 'v'), string('k'.repeat(limits.nameBytes), 'v'), { key: 'deep', value: nested(40) }],
  });
  expect(cutRows).toBe(1);
  expect(row.name).toBe('n'.repeat(limits.nameBytes));
  expect(row.status_message).toBe('m'.repeat(limits.valueBytes));
  expect(row.trace_state).toBe('t'.repeat(limits.valueBytes));
  expect(row.dropped_attributes_count).toBe(1);
  expect(pairs(row.attributes).map(([key]) => key)).toEqual(['k'.repeat(limits.nameBytes), 'deep', truncatedKey]);
  expect(value(row.attributes, truncatedKey)).toBe('attributes,values,depth,names');
});

test('of 1,500 events and links 1,000 are kept', () => {
  const { row, cutRows } = spanRow({
    events: Array.from({ length: 1500 }, (_, i) => ({ name: `event${i}` })),
    links: Array.from({ length: 1500 }, (_, i) => ({ flags: i })),
    droppedEventsCount: 1,
    droppedLinksCount: 2 ** 32 - 1,
  });
  expect(cutRows).toBe(1);
  expect(row['events.name']).toEqual(Array.from({ length: 1000 }, (_, i) => `event${i}`));
  expect(row['links.flags']).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  expect(row.dropped_events_count).toBe(501);
  expect(row.dropped_links_count).toBe(2 ** 32 - 1);
  expect(value(row.attributes, truncatedKey)).toBe('events,links');
});

test('an event or a link is marked itself', () => {
  const { row, cutRows } = spanRow({
    events: [{ name: 'e'.repeat(2000), attributes: many(600), droppedAttributesCount: 1 }, { name: 'whole' }],
    links: [{ traceState: 't'.repeat(100_000) }],
  });
  expect(cutRows).toBe(1);
  expect(row['events.dropped_attributes_count']).toEqual([89, 0]);
  const [first, second] = row['events.attributes'] as unknown[];
  expect(value(first, truncatedKey)).toBe('attributes,names');
  expect(second).toEqual([]);
  expect(row['links.attributes']).toEqual([[[truncatedKey, 'values']]]);
  expect(row.attributes).toEqual([]);
});

test('what is cut of a resource or scope marks it there, and counts for each of its records', () => {
  const request = encodeTraces({
    resourceSpans: [
      { resource: { attributes: many(600) }, scopeSpans: [{ spans: [{}, {}] }] },
      { resource: {}, scopeSpans: [{ scope: { name: 's'.repeat(2000) }, spans: [{}] }, { spans: [{}] }] },
    ],
  });
  const { rows, cutRows } = rowsOf(spansTranscoder(), request);
  expect(cutRows).toBe(3);
  expect(rows.map((row) => value(row.resource_attributes, truncatedKey))).toEqual([
    'attributes',
    'attributes',
    undefined,
    undefined,
  ]);
  expect(rows.map((row) => value(row.scope_attributes, truncatedKey))).toEqual([
    undefined,
    undefined,
    'names',
    undefined,
  ]);
});

test('what is cut of a resource counts for each log record and each point as well', () => {
  const resource = { attributes: many(600) };
  const logs = encodeLogs({ resourceLogs: [{ resource, scopeLogs: [{ logRecords: [{}, {}] }] }] });
  expect(rowsOf(logsTranscoder(), logs).cutRows).toBe(2);
  const metrics = [{ gauge: { dataPoints: [{}, {}, {}] } }];
  const points = encodeMetrics({ resourceMetrics: [{ resource, scopeMetrics: [{ metrics }] }] });
  expect(rowsOf(metricsTranscoder(), points).cutRows).toBe(3);
});

test('a mark that was sent along is kept, or replaced by ours', () => {
  const marked = [string(truncatedKey, 'by someone else'), string('a', 'b')];
  expect(spanRow({ attributes: marked }).row.attributes).toEqual([
    [truncatedKey, 'by someone else'],
    ['a', 'b'],
  ]);
  expect(spanRow({ attributes: marked, name: 'n'.repeat(2000) }).row.attributes).toEqual([
    ['a', 'b'],
    [truncatedKey, 'names'],
  ]);
});

test('exemplars beyond 1,000 are counted, but leave the identity of the series alone', () => {
  const exemplars = Array.from({ length: 1100 }, (_, i) => ({ asInt: i }));
  const request = encodeMetrics({
    resourceMetrics: [
      {
        scopeMetrics: [
          { metrics: [{ name: 'm'.repeat(2000), gauge: { dataPoints: [{ asInt: 1, exemplars }, { asInt: 2 }] } }] },
        ],
      },
    ],
  });
  const { rows, cutRows } = rowsOf(metricsTranscoder(), request);
  expect(cutRows).toBe(2);
  expect(rows[0]!['exemplars.value_int']).toEqual(Array.from({ length: 1000 }, (_, i) => BigInt(i)));
  expect(rows.map((row) => row.attributes)).toEqual([[], []]);
  expect(rows[0]!.metadata).toEqual([[truncatedKey, 'names']]);
});
