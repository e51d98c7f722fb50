/** Records with everything in them, in real ClickHouse. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeLogs, encodeMetrics, encodeTraces } from '../proof/reference.ts';
import { doubleAsRead, openRowStore, type RowStore } from '../proof/stored-rows.ts';
import { logsTranscoder } from './logs-rows.ts';
import { metricsTranscoder } from './metrics-rows.ts';
import { spansTranscoder } from './spans-rows.ts';

let store: RowStore;
beforeAll(async () => {
  store = await openRowStore();
});
afterAll(() => store?.close());

const transcoders = { traces: spansTranscoder(), logs: logsTranscoder(), metrics: metricsTranscoder() };

describe('rich records come back', () => {
  const everyType = [
    { key: 'string', value: { stringValue: 'ünïcode "漢字" \n 😀' } },
    { key: 'true', value: { boolValue: true } },
    { key: 'false', value: { boolValue: false } },
    { key: 'largest', value: { intValue: '9223372036854775807' } },
    { key: 'smallest', value: { intValue: '-9223372036854775808' } },
    { key: 'beyond doubles', value: { intValue: '9007199254740993' } },
    { key: 'whole double', value: { doubleValue: 5 } },
    { key: 'not a number', value: { doubleValue: Number.NaN } },
    { key: 'tiny', value: { doubleValue: 5e-324 } },
    { key: 'bytes', value: { bytesValue: Buffer.from([0, 255, 128]) } },
    { key: 'empty', value: {} },
    { key: 'no value' },
    {
      key: 'nested',
      value: {
        kvlistValue: {
          values: [
            { key: 'quote"', value: { stringValue: 'tab\t, bell\u0007' } },
            { key: 'whole', value: { doubleValue: 5 } },
            { key: 'infinite', value: { doubleValue: -Infinity } },
            { key: 'bytes', value: { bytesValue: Buffer.from('x') } },
            {
              key: 'list',
              value: { arrayValue: { values: [{ intValue: '9007199254740993' }, {}, { boolValue: true }] } },
            },
          ],
        },
      },
    },
  ];
  const everyText = [
    ['string', 'ünïcode "漢字" \n 😀'],
    ['true', 'true'],
    ['false', 'false'],
    ['largest', '9223372036854775807'],
    ['smallest', '-9223372036854775808'],
    ['beyond doubles', '9007199254740993'],
    ['whole double', '5'],
    ['not a number', 'NaN'],
    ['tiny', '5e-324'],
    ['bytes', 'AP+A'],
    ['empty', ''],
    ['no value', ''],
    [
      'nested',
      '{"quote\\"":"tab\\t, bell\\u0007","whole":5.0,"infinite":"-Infinity","bytes":{"bytes":"eA=="},"list":[9007199254740993,null,true]}',
    ],
  ];
  const everyLetter = 'sbbiiidddxnnm';
  const traceId = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
  const spanId = Buffer.from('0123456789abcdef', 'hex');

  test('a span with events and links', async () => {
    const span = {
      traceId,
      spanId,
      traceState: 'vendor=value',
      flags: 0xffffffff,
      name: 'rich',
      kind: 5,
      startTimeUnixNano: '1763629200000000001',
      endTimeUnixNano: '1763629200000000002',
      attributes: everyType,
      droppedAttributesCount: 1,
      events: [
        { timeUnixNano: '1763629200000000003', name: 'first', attributes: everyType, droppedAttributesCount: 2 },
        {},
      ],
      droppedEventsCount: 3,
      links: [{}, { traceId, spanId, traceState: 'a=b', flags: 1, attributes: everyType, droppedAttributesCount: 4 }],
      droppedLinksCount: 5,
      status: { code: 2, message: 'no' },
    };
    const request = encodeTraces({
      resourceSpans: [
        {
          resource: { attributes: everyType },
          schemaUrl: 'https://opentelemetry.io/schemas/1.37.0',
          scopeSpans: [{ scope: { attributes: everyType }, schemaUrl: 'scope schema', spans: [span] }],
        },
      ],
    });
    const { written, read } = await store.roundTrip(transcoders.traces, request, 'rich span');
    expect(read).toEqual(written);
    expect(read).toEqual([
      expect.objectContaining({
        trace_id: traceId.toString('hex'),
        span_id: spanId.toString('hex'),
        parent_span_id: '0000000000000000',
        trace_state: 'vendor=value',
        flags: 0xffffffff,
        kind: 'consumer',
        status: 'error',
        status_message: 'no',
        start_time: '1763629200000000001',
        duration_ns: '1',
        resource_attributes: everyText,
        resource_attribute_types: everyLetter,
        resource_schema_url: 'https://opentelemetry.io/schemas/1.37.0',
        scope_attributes: everyText,
        scope_schema_url: 'scope schema',
        attributes: everyText,
        attribute_types: everyLetter,
        dropped_attributes_count: 1,
        'events.time': ['1763629200000000003', '0'],
        'events.name': ['first', ''],
        'events.attributes': [everyText, []],
        'events.attribute_types': [everyLetter, ''],
        'events.dropped_attributes_count': [2, 0],
        dropped_events_count: 3,
        'links.trace_id': ['0'.repeat(32), traceId.toString('hex')],
        'links.span_id': ['0'.repeat(16), spanId.toString('hex')],
        'links.trace_state': ['', 'a=b'],
        'links.flags': [0, 1],
        'links.attributes': [[], everyText],
        'links.dropped_attributes_count': [0, 4],
        dropped_links_count: 5,
      }),
    ]);
  });

  test('log bodies of every type', async () => {
    const logRecords = everyType.map(({ value }, i) => ({ body: value, severityNumber: 9, timeUnixNano: 1 + i }));
    const request = encodeLogs({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] });
    const { written, read } = await store.roundTrip(transcoders.logs, request, 'rich logs');
    expect(read).toEqual(written);
    const inOrder = read.sort((a, b) => Number(a.record_index) - Number(b.record_index));
    expect(inOrder.map(({ body }) => body)).toEqual(everyText.map(([, text]) => text));
    expect(inOrder.map(({ body_type }) => body_type).join('')).toBe(everyLetter);
  });

  test('points of every kind with exemplars', async () => {
    const exemplars = [
      {
        timeUnixNano: '1763629200000000001',
        asInt: '-9223372036854775808',
        traceId,
        spanId,
        filteredAttributes: everyType,
      },
      { asDouble: 0.5 },
      {},
    ];
    const common = { timeUnixNano: '1763629200000000002', flags: 1, exemplars };
    const distribution = { ...common, count: '18446744073709551615', sum: 1.5, min: -1, max: 2 };
    const buckets = { offset: -3, bucketCounts: ['18446744073709551615', '0', '1'] };
    const metrics = [
      { name: 'gauge', metadata: everyType, gauge: { dataPoints: [{ ...common, asInt: '9007199254740993' }] } },
      {
        name: 'sum',
        sum: { isMonotonic: true, aggregationTemporality: 2, dataPoints: [{ ...common, asDouble: Infinity }] },
      },
      {
        name: 'histogram',
        histogram: { dataPoints: [{ ...distribution, explicitBounds: [-1, 0.1], bucketCounts: [1, 2, 3] }] },
      },
      {
        name: 'exponential',
        exponentialHistogram: {
          aggregationTemporality: 1,
          dataPoints: [
            { ...distribution, scale: -4, zeroCount: 9, zeroThreshold: 0.25, positive: buckets, negative: buckets },
          ],
        },
      },
      {
        name: 'summary',
        summary: { dataPoints: [{ count: 3, quantileValues: [{ quantile: 0.5, value: 2 }, { quantile: 1 }] }] },
      },
    ];
    const request = encodeMetrics({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] });
    const { written, read } = await store.roundTrip(transcoders.metrics, request, 'rich points');
    expect(read).toEqual(written);
    const exemplarColumns = {
      'exemplars.time': ['1763629200000000001', '0', '0'],
      'exemplars.value_type': ['int', 'double', 'none'],
      'exemplars.value': ['-9223372036854775808', '0.5', '0'].map((value) => doubleAsRead(Number(value))),
      'exemplars.value_int': ['-9223372036854775808', '0', '0'],
      'exemplars.trace_id': [traceId.toString('hex'), '0'.repeat(32), '0'.repeat(32)],
      'exemplars.span_id': [spanId.toString('hex'), '0'.repeat(16), '0'.repeat(16)],
      'exemplars.attributes': [everyText, [], []],
      'exemplars.attribute_types': [everyLetter, '', ''],
    };
    const distributionColumns = { ...exemplarColumns, count: '18446744073709551615', sum: '1.5', min: '-1', max: '2' };
    const nothing = {
      positive_counts: [],
      negative_counts: [],
      bucket_counts: [],
      quantiles: [],
      min: null,
      count: '0',
    };
    expect(Object.fromEntries(read.map((row) => [row.metric, row]))).toEqual({
      gauge: expect.objectContaining({
        ...{ ...nothing, ...exemplarColumns, kind: 'gauge', flags: 1, sum: null },
        ...{ value_type: 'int', value: '9007199254740992', value_int: '9007199254740993' },
        ...{ metadata: everyText, metadata_types: everyLetter },
      }),
      sum: expect.objectContaining({
        ...{ ...nothing, ...exemplarColumns, kind: 'sum', monotonic: true, temporality: 'cumulative' },
        ...{ value_type: 'double', value: 'inf', value_int: '0' },
      }),
      histogram: expect.objectContaining({
        ...{ ...distributionColumns, kind: 'histogram', bounds: ['-1', '0.1'], bucket_counts: ['1', '2', '3'] },
      }),
      exponential: expect.objectContaining({
        ...{
          ...distributionColumns,
          kind: 'exponential_histogram',
          scale: -4,
          zero_count: '9',
          zero_threshold: '0.25',
        },
        ...{ positive_offset: -3, positive_counts: ['18446744073709551615', '0', '1'] },
        ...{ negative_offset: -3, negative_counts: ['18446744073709551615', '0', '1'] },
      }),
      summary: expect.objectContaining({
        ...{ kind: 'summary', count: '3', sum: '0', min: null, quantiles: ['0.5', '1'], quantile_values: ['2', '0'] },
      }),
    });
  });
});
