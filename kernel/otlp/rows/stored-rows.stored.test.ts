/** Rows in real ClickHouse: the columns are those of the tables, and what is inserted comes back field by field. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readJson } from '../json/json.ts';
import type { Signal } from '../messages.ts';
import { columnsOf } from '../native/read-block.ts';
import { randomWire } from '../proof/random-wire.ts';
import { encodeTraces } from '../proof/reference.ts';
import { openRowStore, type RowStore } from '../proof/stored-rows.ts';
import { logsTranscoder } from './logs-rows.ts';
import { metricsTranscoder } from './metrics-rows.ts';
import { spansTranscoder } from './spans-rows.ts';

let store: RowStore;
beforeAll(async () => {
  store = await openRowStore();
});
afterAll(() => store?.close());

const transcoders = { traces: spansTranscoder(), logs: logsTranscoder(), metrics: metricsTranscoder() };

test.each(Object.values(transcoders))(
  'the columns of $table are those of its table, with their types',
  async (transcoder) => {
    const columns = await store.telemetry.inspect<{ name: string; type: string }>(
      `SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = '${transcoder.table}' AND default_kind = '' ORDER BY name`,
    );
    const ours = columnsOf(transcoder.structure).sort((a, b) => (a.name < b.name ? -1 : 1));
    expect(ours).toEqual(columns);
    expect(ours.length).toBeGreaterThan(30);
  },
);

const example = async (file: string, signal: Signal) => {
  const json = await readFile(join(import.meta.dirname, '../fixtures/examples', `${file}.json`));
  const { bytes } = readJson(json, signal, 2 ** 20);
  const { written, read } = await store.roundTrip(transcoders[signal], bytes, `example ${file}`);
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
        record_partition: 3,
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

test.each(['traces', 'logs', 'metrics'] as const)('%s made of chance come back', async (signal) => {
  let rows = 0;
  for (let seed = 1; seed <= 25; seed++) {
    const { written, read } = await store.roundTrip(transcoders[signal], randomWire(signal, seed), `chance ${seed}`);
    expect(read, `seed ${seed}`).toEqual(written);
    rows += read.length;
  }
  expect(rows).toBeGreaterThan(25);
});

test('more resources and scopes in one block than two bytes can tell apart come back, and large ones', async () => {
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  const count = 70_000;
  const resourceSpans = Array.from({ length: count }, (_, i) => {
    const id = i % 10_000 === 1 ? `${i}`.repeat(10_000) : `instance ${i}`;
    const spans = Array.from({ length: 1 + (i % 3) }, () => ({ attributes: [text('id', id)] }));
    return {
      resource: { attributes: [text('id', id), text('', i % 2 === 0 ? 'even' : '')] },
      scopeSpans: [{ scope: { attributes: [text(`key ${id.slice(0, 20)}`, id)] }, spans }],
    };
  });
  const { table, structure, openBlock } = transcoders.traces;
  const block = openBlock();
  const origin = { org: 'o', project: 'many', receivedAtMs: Date.now(), retentionDays: 30, partition: 0, offset: 1 };
  const { rows: rowCount } = block.add(encodeTraces({ resourceSpans }), origin);
  expect(rowCount).toBe(139_999);
  await store.telemetry.insert({ table, structure, rows: block.written(), rowCount, token: 'many' });
  const read = await store.telemetry.inspect(
    `SELECT toInt32(count()) AS rows, toInt32(uniqExact(attributes['id'])) AS ids,
       toInt32(countIf(resource_attributes['id'] = attributes['id'])) AS resources,
       toInt32(countIf(resource_attributes[''] = 'even')) AS even,
       toInt32(countIf(mapValues(scope_attributes) = [attributes['id']])) AS scopes,
       toInt32(countIf(mapKeys(scope_attributes) = ['key ' || substring(attributes['id'], 1, 20)])) AS keys
     FROM spans WHERE project = 'many'`,
  );
  const even = resourceSpans.reduce(
    (sum, { scopeSpans }, i) => sum + (i % 2 === 0 ? scopeSpans[0]!.spans.length : 0),
    0,
  );
  expect(read).toEqual([{ rows: rowCount, ids: count, resources: rowCount, even, scopes: rowCount, keys: rowCount }]);
});
