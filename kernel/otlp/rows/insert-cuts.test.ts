/**
 * The tables here are a contract with batches that another version has begun (docs/decisions/0015). Where one of their
 * numbers does not hold any more, it is the program that must change back.
 */
import { expect, test } from 'vitest';
import type { RowsInsert } from '../../telemetry/client.ts';
import { otlpHeaders } from '../../topics.ts';
import { encodeLogs, encodeMetrics, encodeTraces } from '../proof/reference.ts';
import { bytesOfRecord, insertLimits, isWholeInsert } from './insert-cuts.ts';
import { logsTranscoder } from './logs-rows.ts';
import { metricsTranscoder } from './metrics-rows.ts';
import type { RowsBlock, Transcoder } from './rows-block.ts';
import { spansTranscoder } from './spans-rows.ts';
import { storeRequests } from './store-requests.ts';

const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } });
/** 9 bytes more than the value has, where that is a short one: tag and length of the attribute, its key, its value and its text. */
const head = (length: number) => ({ attributes: [attribute('k', 'v'.repeat(length))] });
const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

const traces = (resource: object, scope: object, spans: readonly object[]): Buffer =>
  encodeTraces({ resourceSpans: [{ resource, scopeSpans: [{ scope, spans }] }] });
const logs = (resource: object, logRecords: readonly object[]): Buffer =>
  encodeLogs({ resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] });
const metrics = (resource: object, ...all: readonly object[]): Buffer =>
  encodeMetrics({ resourceMetrics: [{ resource, scopeMetrics: [{ metrics: all }] }] });

const origin = { org: 'o', project: 'p', receivedAtMs: 1_763_629_200_000, retentionDays: 30, partition: 0, offset: 0 };
const sentOf = (transcoder: Transcoder, request: Buffer) => {
  const block = transcoder.openBlock();
  block.add(request, origin);
  return { ...block.sent };
};

const bucketCounts = times(160, 1);

test.each([
  ['an empty request', spansTranscoder(), traces({}, {}, []), [0, 0, 0]],
  ['empty spans', spansTranscoder(), traces({}, {}, [{}, {}, {}]), [3, 0, 0]],
  ['spans with names', spansTranscoder(), traces({}, {}, [{ name: 'four' }, { name: 'fifty' }]), [2, 3 + 4, 0]],
  ['a resource', spansTranscoder(), traces(head(50), {}, [{}, {}]), [2, 0, 2 * 59]],
  ['a resource and a scope', spansTranscoder(), traces(head(50), { name: 'lib' }, [{}, {}]), [2, 0, 2 * (59 + 5)]],
  ['links and events', spansTranscoder(), traces({}, {}, [{ links: [{}, {}], events: [{}] }]), [1, 3, 0]],
  [
    'a thousand attributes',
    spansTranscoder(),
    traces({}, {}, [{ attributes: times(1000, attribute('k', 'v')) }]),
    [1, 10_000 - 320, 0],
  ],
  ['log records', logsTranscoder(), logs(head(1), [{ body: { stringValue: 'text' } }, {}]), [2, 4, 2 * 10]],
  ['a gauge', metricsTranscoder(), metrics({}, { name: 'm', gauge: { dataPoints: [{}, {}, {}] } }), [3, 6, 0]],
  ['a metric without data', metricsTranscoder(), metrics(head(1), { name: 'm' }), [0, 2, 0]],
  [
    'metadata',
    metricsTranscoder(),
    metrics({}, { metadata: [attribute('k', 'v')], sum: { dataPoints: [{}, {}] } }),
    [2, 5 + 3, 2 * 10],
  ],
  [
    'a histogram',
    metricsTranscoder(),
    metrics({}, { histogram: { dataPoints: [{ bucketCounts: [1, 2] }] } }),
    [1, 11, 0],
  ],
  [
    'an exponential histogram',
    metricsTranscoder(),
    metrics(head(1), {
      exponentialHistogram: { dataPoints: [{ positive: { bucketCounts }, negative: { bucketCounts: [1] } }] },
    }),
    [1, 89 + 8 * 161, 10],
  ],
] as const)('what was sent is counted so: %s', (_, transcoder, request, [rows, recordBytes, headBytes]) => {
  expect(sentOf(transcoder, request)).toEqual({ rows, recordBytes, headBytes });
});

test.each([
  [0, 0],
  [1, 1],
  [2, 1],
  [7, 4],
  [639, 320],
  [640, 320],
  [641, 321],
  [60_000, 59_680],
])('a record of %i bytes counts %i', (length, expected) => {
  expect(bytesOfRecord(length)).toBe(expected);
});

test('what is refused counts nothing', () => {
  const block = spansTranscoder().openBlock(2 ** 20);
  const request = traces(head(60_000), {}, times(100, {}));
  expect(() => block.add(request, origin)).toThrow('larger');
  expect(() => block.add(traces({}, {}, [{ name: 'x' }]).subarray(0, -1), origin)).toThrow('end of its message');
  expect(block.sent).toEqual({ rows: 0, recordBytes: 0, headBytes: 0 });
});

test.each([
  ['spans', [349_526, 0, 0], [349_525, 63, 0]],
  ['spans', [0, 67_108_864, 0], [0, 67_108_863, 67_108_864]],
  ['spans', [1000, 66_916_864, 0], [1000, 66_916_863, 0]],
  ['spans', [1000, 0, 134_217_728], [1000, 0, 134_217_727]],
  ['logs', [349_526, 0, 0], [349_525, 63, 0]],
  ['logs', [1, 1, 134_217_727], [1, 1, 134_217_726]],
  ['metrics', [262_144, 0, 0], [262_143, 255, 0]],
  ['metrics', [1, 0, 67_108_864], [1, 0, 67_108_863]],
  ['metrics', [1, 67_108_608, 0], [1, 67_108_607, 0]],
] as const)('so much of %s is an insert, and a byte less is not', (signal, whole, less) => {
  const isInsert = ([rows, recordBytes, headBytes]: readonly [number, number, number]) =>
    isWholeInsert(insertLimits[signal], { rows, recordBytes, headBytes });
  expect([isInsert(whole), isInsert(less)]).toEqual([true, false]);
});

/** Rows of each insert of a batch of `count` requests that are alike, by what follows the batch's token. */
const cutsOf = async (transcoder: Transcoder, request: Buffer, count: number): Promise<Record<string, number>> => {
  const inserts: RowsInsert[] = [];
  const insert = async (rows: RowsInsert) => void inserts.push({ ...rows, rows: [] });
  const records = Array.from({ length: count }, (__, offset) => ({
    ...{ offset, key: '', timestampMs: origin.receivedAtMs, value: request },
    headers: {
      [otlpHeaders.org]: 'o',
      [otlpHeaders.project]: 'p',
      [otlpHeaders.receivedAt]: String(origin.receivedAtMs),
      [otlpHeaders.retentionDays]: '30',
      [otlpHeaders.encoding]: 'identity',
    },
  }));
  const outcomes = await storeRequests({ insert }, transcoder)({ token: 'T', topic: 't', partition: 0, records });
  expect(outcomes).toEqual([]);
  const ofTable = inserts.filter(({ table }) => table === transcoder.table);
  return Object.fromEntries(ofTable.map(({ token, rowCount }) => [token, rowCount]));
};

const batches: readonly (readonly [string, () => Transcoder, Buffer, number, readonly number[]])[] = [
  ['empty spans', spansTranscoder, traces({}, {}, times(40_000, {})), 12, [360_000, 120_000]],
  ['spans of a large resource', spansTranscoder, traces(head(20_000), {}, times(1000, {})), 20, [7000, 7000, 6000]],
  [
    'long log bodies',
    logsTranscoder,
    logs({}, times(10, { body: { stringValue: 'x'.repeat(200_000) } })),
    60,
    [340, 260],
  ],
  ['gauges', metricsTranscoder, metrics({}, { gauge: { dataPoints: times(20_000, {}) } }), 15, [280_000, 20_000]],
  [
    'gauges of a large resource',
    metricsTranscoder,
    metrics(head(2000), { gauge: { dataPoints: times(5000, {}) } }),
    10,
    [35_000, 15_000],
  ],
  [
    'gauges with metadata',
    metricsTranscoder,
    metrics({}, { gauge: { dataPoints: times(5000, {}) }, metadata: [attribute('k', 'v'.repeat(2000))] }),
    10,
    [35_000, 15_000],
  ],
  [
    'exponential histograms',
    metricsTranscoder,
    metrics({}, { exponentialHistogram: { dataPoints: times(2000, { positive: { bucketCounts } }) } }),
    30,
    [40_000, 20_000],
  ],
];

/** Blocks that take more of memory for the same rows, as those of another version may. */
const larger = (transcoder: Transcoder): Transcoder => ({
  ...transcoder,
  openBlock: (maxRequestBytes) => {
    const block = transcoder.openBlock(maxRequestBytes);
    return Object.create(block, {
      usedBytes: { get: () => 1.3 * block.usedBytes },
      unfoldedBytes: { get: () => 1.3 * block.unfoldedBytes },
    }) as RowsBlock;
  },
});

test.each(batches)(
  'a batch of %s is cut so, however large its rows are in memory',
  async (_, open, request, count, rows) => {
    const expected = Object.fromEntries(rows.map((of, i) => [`T/2025-11-20${i === 0 ? '' : `/${i}`}`, of]));
    expect(await cutsOf(open(), request, count)).toEqual(expected);
    expect(await cutsOf(larger(open()), request, count)).toEqual(expected);
  },
);

test('rows that are many times what was sent do not fill the memory', async () => {
  const request = traces({}, {}, times(1000, { links: times(1000, {}) }));
  expect(request.length).toBeLessThan(2.1e6);
  // 45 MB a request in columns
  expect(Object.values(await cutsOf(spansTranscoder(), request, 5))).toEqual([4000, 1000]);
});
