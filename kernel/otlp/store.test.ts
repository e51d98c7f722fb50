/** Rows in real ClickHouse: the columns are those of the tables, and what is inserted comes back field by field. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Telemetry } from '../telemetry/client.ts';
import { openEmbeddedTelemetry } from '../telemetry/embedded.ts';
import { migrateTelemetry } from '../telemetry/migrate.ts';
import { decodeRows } from './decode-rows.ts';
import { readJson } from './json.ts';
import { logsTranscoder } from './logs-rows.ts';
import type { Signal } from './messages.ts';
import { metricsTranscoder } from './metrics-rows.ts';
import { randomWire } from './random-wire.ts';
import { encodeLogs, encodeMetrics, encodeTraces } from './reference.ts';
import { RowWriter } from './row-binary.ts';
import { spansTranscoder } from './spans-rows.ts';
import type { Transcoder } from './transcoder.ts';

// arrival now, as rows past their retention are not even stored
const origin = { org: 'org_default', project: '', receivedAtMs: Date.now(), retentionDays: 30, offset: 42 };
const transcoders = { traces: spansTranscoder(), logs: logsTranscoder(), metrics: metricsTranscoder() };

let directory: string;
let telemetry: Telemetry;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'syntra-rows-'));
  telemetry = await openEmbeddedTelemetry({ directory });
  await migrateTelemetry(telemetry);
  // metric_points stores nothing itself
  await telemetry.command('CREATE TABLE kept_points AS metric_points ENGINE = MergeTree ORDER BY metric');
  await telemetry.command('CREATE MATERIALIZED VIEW kept_points_view TO kept_points AS SELECT * FROM metric_points');
});
afterAll(async () => {
  await telemetry?.close();
  if (directory) await rm(directory, { recursive: true, force: true });
});

/** Inserts a request under a project of its own and reads its rows back, all columns. */
const roundTrip = async (transcoder: Transcoder, request: Uint8Array, project: string) => {
  const out = new RowWriter(2 ** 10, 2 ** 26);
  const { rows: rowCount } = transcoder.transcode(request, { ...origin, project }, out);
  const written = decodeRows(transcoder.structure, out.written());
  const { table, structure } = transcoder;
  await telemetry.insert({ table, structure, rows: [out.written()], rowCount, token: project });
  const stored = table === 'metric_points' ? 'kept_points' : table;
  const columns = columnsOf(structure).map(({ name, type }) => `${readable(name, type)} AS ${quoted(name)}`);
  const read = await telemetry.inspect<Record<string, unknown>>(
    `SELECT ${columns.join(', ')} FROM ${stored} WHERE project = '${project}'`,
  );
  return { written: sorted(written.map(jsonable)), read: sorted(read) };
};

/** Tables keep an order of their own. */
const sorted = <Row>(rows: Row[]): Row[] => {
  const keyed = rows.map((row) => ({ key: JSON.stringify(Object.entries(row as object).sort()), row }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ row }) => row);
};

const columnsOf = (structure: string): { name: string; type: string }[] =>
  [...structure.matchAll(/`([^`]+)` (.+?)(?=, `|$)/g)].map(([, name, type]) => ({ name: name!, type: type! }));
const quoted = (name: string) => `\`${name}\``;

/** An expression for what `jsonable` makes of a decoded value. */
const readable = (name: string, type: string, column = quoted(name)): string => {
  const inArray = /^Array\((.+)\)$/.exec(type)?.[1];
  if (inArray) return `arrayMap(item -> ${readable(name, inArray, 'item')}, ${column})`;
  if (type.startsWith('DateTime64')) return `toString(reinterpretAsInt64(${column}))`;
  if (type.startsWith('FixedString')) return `lower(hex(${column}))`;
  if (type.startsWith('Map')) return `CAST(${column}, 'Array(Tuple(String, String))')`;
  if (/Int64|Float64/.test(type)) return `toString(${column})`;
  return column;
};

const jsonable = (row: Record<string, unknown>): unknown =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      return [name, textual(value, typeOf(name))];
    }),
  );
const typeOf = (name: string): string =>
  Object.values(transcoders)
    .flatMap(({ structure }) => columnsOf(structure))
    .find((column) => column.name === name)!.type;
const textual = (value: unknown, type: string): unknown => {
  if (Array.isArray(value)) return value.map((item) => textual(item, type));
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number' && type.includes('Float64')) return floatText(value);
  return value;
};
/** As ClickHouse prints doubles. */
const floatText = (value: number): string => {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  return Object.is(value, -0) ? '-0' : String(value).replace('e+', 'e');
};

test.each(Object.values(transcoders))(
  'the columns of $table are those of its table, with their types',
  async (transcoder) => {
    const columns = await telemetry.inspect<{ name: string; type: string }>(
      `SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = '${transcoder.table}' AND default_kind != 'ALIAS' ORDER BY name`,
    );
    const ours = columnsOf(transcoder.structure).sort((a, b) => (a.name < b.name ? -1 : 1));
    expect(ours).toEqual(columns);
    expect(ours.length).toBeGreaterThan(30);
  },
);

const example = async (file: string, signal: Signal) => {
  const json = await readFile(join(import.meta.dirname, 'fixtures/examples', `${file}.json`));
  const { bytes } = readJson(json, signal, 2 ** 20);
  const { written, read } = await roundTrip(transcoders[signal], bytes, `example ${file}`);
  expect(read).toEqual(written);
  return read;
};

const exampleHead = {
  service: 'my.service',
  environment: '',
  version: '',
  host: '',
  resource_attributes: [['service.name', 'my.service']],
  resource_attribute_types: '',
  scope_name: 'my.library',
  scope_version: '1.0.0',
  scope_attributes: [['my.scope.attribute', 'some scope attribute']],
  scope_attribute_types: '',
};

describe('the examples of the specification come back', () => {
  test('trace.json', async () => {
    expect(await example('trace', 'traces')).toEqual([
      expect.objectContaining({
        ...exampleHead,
        trace_id: '5b8efff798038103d269b633813fc60c',
        span_id: 'eee19b7ec3c1b174',
        parent_span_id: 'eee19b7ec3c1b173',
        name: "I'm a server span",
        start_time: '1544712660000000000',
        duration_ns: '1000000000',
        kind: 'server',
        attributes: [['my.span.attr', 'some value']],
      }),
    ]);
  });

  test('logs.json', async () => {
    expect(await example('logs', 'logs')).toEqual([
      expect.objectContaining({
        ...exampleHead,
        time: '1544712660300000000',
        time_unix_nano: '1544712660300000000',
        observed_time_unix_nano: '1544712660300000000',
        severity_number: 10,
        severity_text: 'Information',
        severity: 'info',
        body: 'Example log record',
        body_type: 's',
        trace_id: '5b8efff798038103d269b633813fc60c',
        span_id: 'eee19b7ec3c1b174',
        attributes: [
          ['string.attribute', 'some string'],
          ['boolean.attribute', 'true'],
          ['int.attribute', '10'],
          ['double.attribute', '637.704'],
          ['array.attribute', '["many","values"]'],
          ['map.attribute', '{"some.map.key":"some value"}'],
        ],
        attribute_types: 'sbidam',
        record_offset: '42',
        record_index: 0,
      }),
    ]);
  });

  test('events.json', async () => {
    expect(await example('events', 'logs')).toEqual([
      expect.objectContaining({
        ...exampleHead,
        event_name: 'browser.page_view',
        severity: 'info',
        severity_text: 'test severity text',
        body: '{"type":0,"url":"https://www.guidgenerator.com/online-guid-generator.aspx","referrer":"https://wwww.google.com","title":"Free Online GUID Generator"}',
        body_type: 'm',
        attributes: [['event.attribute', 'some event attribute']],
      }),
    ]);
  });

  test('metrics.json', async () => {
    const time = '1544712660300000000';
    const rows = await example('metrics', 'metrics');
    expect(Object.fromEntries(rows.map((row) => [row.kind, row]))).toEqual({
      sum: expect.objectContaining({
        ...exampleHead,
        ...{ metric: 'my.counter', unit: '1', description: 'I am a Counter', temporality: 'delta', monotonic: true },
        ...{ time, start_time_unix_nano: time, value_type: 'double', value: '5', value_int: '0' },
        ...{ attributes: [['my.counter.attr', 'some value']], count: '0', sum: null, min: null, max: null, bounds: [] },
      }),
      gauge: expect.objectContaining({
        ...exampleHead,
        ...{ metric: 'my.gauge', temporality: 'unspecified', monotonic: false },
        ...{ time, start_time_unix_nano: '0', value_type: 'double', value: '10' },
      }),
      histogram: expect.objectContaining({
        ...exampleHead,
        ...{ metric: 'my.histogram', temporality: 'delta', count: '2', sum: '2', min: '0', max: '2' },
        ...{ bucket_counts: ['1', '1'], bounds: ['1'], value_type: 'none', value: '0' },
      }),
      exponential_histogram: expect.objectContaining({
        ...exampleHead,
        ...{ metric: 'my.exponential.histogram', count: '3', sum: '10', min: '0', max: '5', scale: 0, zero_count: '1' },
        ...{ positive_offset: 1, positive_counts: ['0', '2'], negative_offset: 0, negative_counts: [] },
      }),
    });
  });
});

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
    const { written, read } = await roundTrip(transcoders.traces, request, 'rich span');
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
    const { written, read } = await roundTrip(transcoders.logs, request, 'rich logs');
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
    const { written, read } = await roundTrip(transcoders.metrics, request, 'rich points');
    expect(read).toEqual(written);
    const exemplarColumns = {
      'exemplars.time': ['1763629200000000001', '0', '0'],
      'exemplars.value_type': ['int', 'double', 'none'],
      'exemplars.value': ['-9223372036854775808', '0.5', '0'].map((value) => floatText(Number(value))),
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

test.each(['traces', 'logs', 'metrics'] as const)('%s made of chance come back', async (signal) => {
  let rows = 0;
  for (let seed = 1; seed <= 25; seed++) {
    const { written, read } = await roundTrip(transcoders[signal], randomWire(signal, seed), `chance ${seed}`);
    expect(read, `seed ${seed}`).toEqual(written);
    rows += read.length;
  }
  expect(rows).toBeGreaterThan(25);
});
