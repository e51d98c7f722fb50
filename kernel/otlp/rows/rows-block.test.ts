import { describe, expect, test } from 'vitest';
import { RowsTooLargeError } from '../native/byte-buffer.ts';
import { randomWire } from '../proof/random-wire.ts';
import { encodeLogs, encodeMetrics, encodeTraces } from '../proof/reference.ts';
import { rowsOfBlock, rowsOfRequest } from '../proof/rows-of.ts';
import { WireError } from '../wire.ts';
import { logsTranscoder } from './logs-rows.ts';
import { metricsTranscoder } from './metrics-rows.ts';
import type { RowsBlock, Transcoder } from './rows-block.ts';
import { spansTranscoder } from './spans-rows.ts';

const origin = { org: 'o', project: 'p', receivedAtMs: 1_763_629_200_000, retentionDays: 30, partition: 0, offset: 7 };
const transcoders = { traces: spansTranscoder(), logs: logsTranscoder(), metrics: metricsTranscoder() };

const rowsOf = (transcoder: Transcoder, request: Uint8Array) => rowsOfRequest(transcoder, request, origin).rows;

// fields as bytes, to write what no encoder would
const message = (field: number, ...parts: number[][]): number[] => {
  const inside = parts.flat();
  if (inside.length > 127) throw new Error('too long for a length of one byte');
  return [(field << 3) | 2, inside.length, ...inside];
};
const text = (field: number, value: string) => message(field, [...Buffer.from(value)]);
const fixed = (field: number, value: number) => [(field << 3) | 1, ...new Uint8Array(Float64Array.of(value).buffer)];
const inScope = (...record: number[][]) =>
  Uint8Array.from(message(1, message(2, message(2, ...record)))); /* request, resource, scope */
const spanWith = (...fields: number[][]) => rowsOf(transcoders.traces, inScope(...fields))[0]!;

describe('of a oneof the last field counts, in either order', () => {
  const attributeOf = (...value: number[][]) => {
    const row = spanWith(message(9, text(1, 'k'), message(2, ...value)));
    return [row.attributes, row.attribute_types];
  };
  test('of an attribute', () => {
    expect(attributeOf(text(1, 'text'), [0x18, 5])).toEqual([[['k', '5']], 'i']);
    expect(attributeOf([0x18, 5], text(1, 'text'))).toEqual([[['k', 'text']], '']);
    expect(attributeOf(message(5, message(1, [0x18, 5], text(1, 'text'))))).toEqual([[['k', '["text"]']], 'a']);
    expect(attributeOf(message(5, message(1, text(1, 'text'), [0x18, 5])))).toEqual([[['k', '[5]']], 'a']);
    expect(attributeOf()).toEqual([[['k', '']], 'n']);
  });

  test('of a number point and of the kind of a metric', () => {
    const pointOf = (...fields: number[][]) =>
      rowsOf(transcoders.metrics, inScope(message(5, message(1, ...fields)))).map((row) => row.value_type);
    expect(pointOf(fixed(4, 1), fixed(6, 1))).toEqual(['int']);
    expect(pointOf(fixed(6, 1), fixed(4, 1))).toEqual(['double']);
    expect(pointOf()).toEqual(['none']);
    const gauge = message(5, message(1));
    const sum = message(7, message(1), message(1));
    const kinds = (...data: number[][]) => rowsOf(transcoders.metrics, inScope(...data)).map((row) => row.kind);
    expect(kinds(gauge, sum)).toEqual(['sum', 'sum']);
    expect(kinds(sum, gauge)).toEqual(['gauge']);
    expect(kinds()).toEqual([]);
  });
});

test('a key that comes twice keeps its first place and its last value', () => {
  const pair = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  const attributes = [pair('a', '1'), pair('b', '2'), pair('a', '3'), pair('', '4'), pair('', '5'), pair('b', '6')];
  const [row] = rowsOf(
    transcoders.traces,
    encodeTraces({ resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans: [{ attributes }] }] }] }),
  );
  const expected = [
    ['a', '3'],
    ['b', '6'],
    ['', '5'],
  ];
  expect(row!.attributes).toEqual(expected);
  expect(row!.resource_attributes).toEqual(expected);
});

test('keys that look alike to the table of seen keys are told apart', () => {
  // the table has 2,048 places: of 512 keys many share one
  const attributes = Array.from({ length: 512 }, (_, i) => ({ key: `k${i * 7919}`, value: { intValue: i } }));
  const [row] = rowsOf(
    transcoders.traces,
    encodeTraces({ resourceSpans: [{ scopeSpans: [{ spans: [{ attributes: [...attributes, ...attributes] }] }] }] }),
  );
  expect(row!.attributes).toEqual([
    ...attributes.map(({ key, value }) => [key, String(value.intValue)]),
    ['syntra.truncated', 'attributes'],
  ]);
});

test('a known field of another wire type is skipped as an unknown one is', () => {
  // name as a varint, start time as a varint, attributes as fixed32, kind as a string
  const row = spanWith([0x28, 5], [0x38, 5], [0x4d, 1, 2, 3, 4], text(6, 'server'), text(5, 'name'));
  expect(row).toMatchObject({ name: 'name', start_time: 0n, kind: 'unspecified', attributes: [] });
});

test('ids of a wrong length and enum values without a name are as if they were not there', () => {
  const row = spanWith(message(1, [1, 2, 3]), message(2, Array(16).fill(9)), [0x30, 77], message(15, [0x18, 9]));
  expect(row).toMatchObject({
    trace_id: '0'.repeat(32),
    span_id: '0'.repeat(16),
    kind: 'unspecified',
    status: 'unset',
  });
});

test.each([
  ['100', '350', 250n],
  ['100', '100', 0n],
  ['350', '100', 0n],
  ['0', '18446744073709551615', 9223372036854775807n],
  ['18446744073709551615', '18446744073709551615', 0n],
  ['4294967295', '4294967296', 1n],
  ['1544712660000000001', '1544712661000000000', 999999999n],
])('a span from %s to %s lasts %d ns', (startTimeUnixNano, endTimeUnixNano, expected) => {
  const request = encodeTraces({
    resourceSpans: [{ scopeSpans: [{ spans: [{ startTimeUnixNano, endTimeUnixNano }] }] }],
  });
  expect(rowsOf(transcoders.traces, request)[0]!.duration_ns).toBe(expected);
});

test('a log record is timed by itself, else by its observer, else by its arrival', () => {
  const logRecords = [
    { timeUnixNano: '1544712660300000001', observedTimeUnixNano: '5' },
    { timeUnixNano: 0, observedTimeUnixNano: '1544712660300000002' },
    { severityText: 'WARN' },
  ];
  const rows = rowsOf(transcoders.logs, encodeLogs({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] }));
  expect(
    rows.map(({ time, time_unix_nano, observed_time_unix_nano, record_offset, record_index, severity }) => ({
      time,
      time_unix_nano,
      observed_time_unix_nano,
      record_offset,
      record_index,
      severity,
    })),
  ).toEqual([
    {
      time: 1544712660300000001n,
      time_unix_nano: 1544712660300000001n,
      observed_time_unix_nano: 5n,
      record_offset: 7n,
      record_index: 0,
      severity: 'info',
    },
    {
      time: 1544712660300000002n,
      time_unix_nano: 0n,
      observed_time_unix_nano: 1544712660300000002n,
      record_offset: 7n,
      record_index: 1,
      severity: 'info',
    },
    {
      time: 1_763_629_200_000_000_000n,
      time_unix_nano: 0n,
      observed_time_unix_nano: 0n,
      record_offset: 7n,
      record_index: 2,
      severity: 'warn',
    },
  ]);
});

describe('columns taken out of the resource', () => {
  const head = (attributes: [string, object][]) => {
    const resource = { attributes: attributes.map(([key, value]) => ({ key, value })) };
    const request = encodeTraces({ resourceSpans: [{ resource, scopeSpans: [{ spans: [{}] }] }] });
    const { service, environment, version, host } = rowsOf(transcoders.traces, request)[0]!;
    return { service, environment, version, host };
  };
  const string = (stringValue: string) => ({ stringValue });

  test('the names of today', () => {
    expect(
      head([
        ['deployment.environment', string('old')],
        ['deployment.environment.name', string('production')],
        ['service.version', string('1.2')],
        ['k8s.node.name', string('node')],
        ['host.name', string('machine')],
        ['service.name', string('shop')],
      ]),
    ).toEqual({ service: 'shop', environment: 'production', version: '1.2', host: 'machine' });
  });

  test('the names of before, and of Kubernetes', () => {
    expect(
      head([
        ['deployment.environment', string('staging')],
        ['k8s.node.name', string('node')],
        ['host.name', string('')],
      ]),
    ).toEqual({ service: 'unknown_service', environment: 'staging', version: '', host: 'node' });
  });

  test('only texts', () => {
    expect(
      head([
        ['service.name', { intValue: 5 }],
        ['service.version', { doubleValue: 1.5 }],
      ]),
    ).toMatchObject({
      service: 'unknown_service',
      version: '',
    });
  });
});

describe('bytes that are not a request', () => {
  test.each([
    ['traces', encodeTraces({ resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'one' }, { name: 'two' }] }] }] })],
    [
      'logs',
      encodeLogs({ resourceLogs: [{ scopeLogs: [{ logRecords: [{ eventName: 'one' }, { eventName: 'two' }] }] }] }),
    ],
    [
      'metrics',
      encodeMetrics({
        resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'one', gauge: { dataPoints: [{}] } }] }] }],
      }),
    ],
  ] as const)('%s cut off anywhere are a WireError, and leave nothing behind', (signal, request) => {
    const block = transcoders[signal].openBlock();
    expect(block.add(request, origin).rows).toBeGreaterThan(0);
    const before = rowsOfBlock(block);
    for (let length = 1; length < request.length; length++) {
      expect(() => block.add(request.subarray(0, length), origin), `${length}`).toThrow(WireError);
      expect(rowsOfBlock(block)).toEqual(before);
    }
  });

  test('packed numbers of half a number', () => {
    const point = (...fields: number[][]) => inScope(message(9, message(1, ...fields)));
    expect(() => rowsOf(transcoders.metrics, point(message(6, [1, 2, 3, 4])))).toThrow(WireError);
  });

  test('rows beyond the limit', () => {
    const request = encodeTraces({
      resourceSpans: [
        {
          resource: { attributes: [{ key: 'k', value: { stringValue: 'v'.repeat(60_000) } }] },
          scopeSpans: [{ spans: Array.from({ length: 100 }, () => ({})) }],
        },
      ],
    });
    const block = transcoders.traces.openBlock(2 ** 20);
    expect(() => block.add(request, origin)).toThrow(RowsTooLargeError);
    expect(rowsOfBlock(block)).toEqual([]);
  });
});

test.each(['traces', 'logs', 'metrics'] as const)(
  '%s: the same requests make the same bytes, whatever the block held before and whichever of them are malformed',
  (signal) => {
    const requests = Array.from({ length: 40 }, (_, i) => randomWire(signal, i + 1));
    const malformed = requests.map((request, i) => (i % 3 === 1 ? request.subarray(0, request.length - 1) : request));
    const bytesOf = (block: RowsBlock): Buffer => {
      let failed = 0;
      for (const [offset, request] of malformed.entries()) {
        try {
          block.add(request, { ...origin, offset });
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
          failed++;
        }
      }
      expect(failed).toBeGreaterThan(5);
      expect(block.rows).toBeGreaterThan(20);
      return Buffer.concat(block.written());
    };
    const used = transcoders[signal].openBlock();
    for (let seed = 100; seed < 160; seed++) used.add(randomWire(signal, seed), origin);
    used.clear();
    expect(bytesOf(used).equals(bytesOf(transcoders[signal].openBlock()))).toBe(true);
  },
);
