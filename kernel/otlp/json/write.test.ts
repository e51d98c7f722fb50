import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Signal } from '../messages.ts';
import { randomOf, randomRequest } from '../proof/random-requests.ts';
import { encodeLogs, encodeMetrics } from '../proof/reference.ts';
import { WireError } from '../wire.ts';
import { readJson } from './json.ts';
import { requestAsJson } from './write.ts';

const maxBytes = 2 ** 26;
const read = (request: unknown, signal: Signal): Uint8Array =>
  readJson(Buffer.from(JSON.stringify(request)), signal, maxBytes).bytes;

describe('read again, it is the same request', () => {
  test.each([
    ['trace', 'traces'],
    ['logs', 'logs'],
    ['events', 'logs'],
    ['metrics', 'metrics'],
  ] as const)('the example %s.json', (name, signal) => {
    const example = JSON.parse(readFileSync(join(import.meta.dirname, `../fixtures/examples/${name}.json`), 'utf8'));
    const bytes = read(example, signal);
    expect(Buffer.from(read(requestAsJson(bytes, signal), signal))).toEqual(Buffer.from(bytes));
  });

  test.each(['traces', 'logs', 'metrics'] as const)('%s at random', (signal) => {
    const random = randomOf(20_261_121);
    for (let round = 0; round < 300; round++) {
      const bytes = read(randomRequest(signal, random), signal);
      const shown = requestAsJson(bytes, signal);
      expect(Buffer.from(read(shown, signal)), JSON.stringify(shown)).toEqual(Buffer.from(bytes));
    }
  });
});

test('what is read is what was sent, as OTLP/JSON writes it', () => {
  const record = {
    timeUnixNano: '18446744073709551615',
    severityNumber: 17,
    body: { bytesValue: Buffer.from([0, 255]) },
    attributes: [
      { key: 'least', value: { intValue: '-9223372036854775808' } },
      { key: 'none', value: { doubleValue: Number.NaN } },
    ],
    traceId: Buffer.from('5b8efff798038103d269b633813fc60c', 'hex'),
  };
  expect(requestAsJson(encodeLogs({ resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] }), 'logs')).toEqual({
    resourceLogs: [
      {
        scopeLogs: [
          {
            logRecords: [
              {
                timeUnixNano: '18446744073709551615',
                severityNumber: 17,
                body: { bytesValue: 'AP8=' },
                attributes: [
                  { key: 'least', value: { intValue: '-9223372036854775808' } },
                  { key: 'none', value: { doubleValue: 'NaN' } },
                ],
                traceId: '5b8efff798038103d269b633813fc60c',
              },
            ],
          },
        ],
      },
    ],
  });
  // The other encoder packs lists of numbers.
  const dataPoints = [{ bucketCounts: ['1', '2'], explicitBounds: [0.5] }];
  const packed = encodeMetrics({ resourceMetrics: [{ scopeMetrics: [{ metrics: [{ histogram: { dataPoints } }] }] }] });
  expect(requestAsJson(packed, 'metrics')).toEqual({
    resourceMetrics: [{ scopeMetrics: [{ metrics: [{ histogram: { dataPoints } }] }] }],
  });
});

test.each([
  ['bytes that are no protobuf', Buffer.from('not protobuf at all')],
  ['a request that was cut off', encodeLogs({ resourceLogs: [{ schemaUrl: 'https://example.com' }] }).subarray(0, -3)],
])('%s are refused', (_, bytes) => {
  expect(() => requestAsJson(bytes, 'logs')).toThrow(WireError);
});

test('nesting without end is refused rather than followed', () => {
  const inside = (field: number, bytes: Buffer): Buffer => {
    const length = [(bytes.length & 0x7f) | 0x80, ((bytes.length >>> 7) & 0x7f) | 0x80, bytes.length >>> 14];
    return Buffer.concat([Buffer.from([(field << 3) | 2, ...length]), bytes]);
  };
  // A body of arrays in arrays: AnyValue.array_value is field 5, ArrayValue.values field 1.
  let body = Buffer.alloc(0);
  for (let level = 0; level < 300; level++) body = inside(5, inside(1, body)) as typeof body;
  const request = [5, 2, 2, 1].reduce((bytes, field) => inside(field, bytes), body as Buffer);
  expect(() => requestAsJson(request, 'logs')).toThrow(/nested too deeply/);
});
