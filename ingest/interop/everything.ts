/** One request per signal that uses what OTLP has and the four examples of opentelemetry-proto do not. */
import type { Request } from './send.ts';

const attributes = [
  { key: 'string', value: { stringValue: 'Grüße, 世界 🖖' } },
  { key: 'empty string', value: { stringValue: '' } },
  { key: 'zero', value: { intValue: '0' } },
  { key: 'largest', value: { intValue: '9223372036854775807' } },
  { key: 'smallest', value: { intValue: '-9223372036854775808' } },
  { key: 'whole double', value: { doubleValue: 5 } },
  { key: 'small double', value: { doubleValue: 5e-324 } },
  { key: 'false', value: { boolValue: false } },
  { key: 'bytes', value: { bytesValue: 'AAECAwT/' } },
  { key: 'nothing', value: {} },
  {
    key: 'mixed',
    value: {
      arrayValue: { values: [{ intValue: '1' }, { stringValue: '1' }, { boolValue: true }, { doubleValue: 1.5 }] },
    },
  },
  { key: 'no values', value: { arrayValue: { values: [] } } },
  {
    key: 'nested',
    value: {
      kvlistValue: {
        values: [{ key: 'inner', value: { arrayValue: { values: [{ kvlistValue: { values: [] } }] } } }],
      },
    },
  },
];

const resource = {
  attributes: [
    { key: 'service.name', value: { stringValue: 'everything' } },
    { key: 'service.version', value: { stringValue: '1.0.0-rc.1' } },
    { key: 'process.pid', value: { intValue: '4711' } },
    { key: 'process.command_args', value: { arrayValue: { values: [{ stringValue: 'a' }, { stringValue: 'b c' }] } } },
  ],
};
const scope = {
  name: 'everything',
  version: '2.0.0',
  attributes: [{ key: 'scope.number', value: { intValue: '7' } }],
};
const schemaUrls = {
  ofResource: 'https://opentelemetry.io/schemas/1.30.0',
  ofScope: 'https://opentelemetry.io/schemas/1.31.0',
};

const traceId = '0102030405060708090a0b0c0d0e0f10';
const spanId = 'a1a2a3a4a5a6a7a8';
const timeUnixNano = '1700000000123456789';
const laterUnixNano = '1700000001000000001';

export const everyTrace: Request = {
  resourceSpans: [
    {
      resource,
      schemaUrl: schemaUrls.ofResource,
      scopeSpans: [
        {
          scope,
          schemaUrl: schemaUrls.ofScope,
          spans: [
            {
              traceId,
              spanId,
              traceState: 'vendor=value,other=1',
              flags: 0x301,
              name: 'everything at once',
              kind: 4,
              startTimeUnixNano: timeUnixNano,
              endTimeUnixNano: laterUnixNano,
              attributes,
              droppedAttributesCount: 1,
              events: [
                { timeUnixNano, name: 'first', attributes, droppedAttributesCount: 2 },
                { timeUnixNano: laterUnixNano, name: 'second' },
              ],
              droppedEventsCount: 3,
              links: [
                { traceId, spanId, traceState: 'a=b', attributes, droppedAttributesCount: 4, flags: 0x100 },
                { traceId: 'ffeeddccbbaa99887766554433221100', spanId: '1122334455667788' },
              ],
              droppedLinksCount: 5,
              status: { code: 2, message: 'it broke' },
            },
            {
              traceId,
              spanId: 'b1b2b3b4b5b6b7b8',
              parentSpanId: spanId,
              name: '',
              kind: 5,
              startTimeUnixNano: laterUnixNano,
              endTimeUnixNano: laterUnixNano,
              status: { code: 1 },
            },
          ],
        },
      ],
    },
  ],
};

export const everyLog: Request = {
  resourceLogs: [
    {
      resource,
      schemaUrl: schemaUrls.ofResource,
      scopeLogs: [
        {
          scope,
          schemaUrl: schemaUrls.ofScope,
          logRecords: [
            { stringValue: 'a line\nof two' },
            { stringValue: '{"looks": "like JSON"}' },
            { intValue: '9007199254740993' },
            { doubleValue: 0.1 },
            { boolValue: true },
            { bytesValue: '/v8=' },
            { arrayValue: { values: [{ stringValue: 'one' }, { intValue: '2' }] } },
            { kvlistValue: { values: attributes } },
          ].map((body, i) => ({
            timeUnixNano: String(BigInt(timeUnixNano) + BigInt(i)),
            observedTimeUnixNano: laterUnixNano,
            severityNumber: i * 3 + 1,
            severityText: `level ${i}`,
            body,
            attributes,
            droppedAttributesCount: i,
            flags: 1,
            traceId,
            spanId,
            eventName: `event ${i}`,
          })),
        },
      ],
    },
  ],
};

const startTimeUnixNano = '1700000000000000000';
const exemplars = [
  {
    timeUnixNano,
    asDouble: 0.25,
    traceId,
    spanId,
    filteredAttributes: [{ key: 'why', value: { stringValue: 'slow' } }],
  },
  { timeUnixNano: laterUnixNano, asInt: '3' },
];
const point = { startTimeUnixNano, timeUnixNano, attributes };

export const everyMetric: Request = {
  resourceMetrics: [
    {
      resource,
      schemaUrl: schemaUrls.ofResource,
      scopeMetrics: [
        {
          scope,
          schemaUrl: schemaUrls.ofScope,
          metrics: [
            {
              name: 'every.gauge',
              unit: 'Cel',
              description: 'A gauge of integers',
              gauge: { dataPoints: [{ ...point, asInt: '-9007199254740993', exemplars, flags: 0 }] },
            },
            {
              name: 'every.sum',
              unit: 'By',
              description: 'A sum that may go down',
              sum: {
                aggregationTemporality: 2,
                isMonotonic: false,
                dataPoints: [{ ...point, asDouble: -0.5, exemplars }],
              },
            },
            {
              name: 'every.silence',
              unit: '1',
              description: 'A point that says that there is none',
              sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints: [{ ...point, flags: 1 }] },
            },
            {
              name: 'every.histogram',
              unit: 's',
              description: 'A histogram without minimum and maximum',
              histogram: {
                aggregationTemporality: 2,
                dataPoints: [
                  {
                    ...point,
                    count: '6',
                    sum: 1.75,
                    bucketCounts: ['1', '2', '3'],
                    explicitBounds: [0.1, 0.5],
                    exemplars,
                  },
                ],
              },
            },
            {
              name: 'every.exponential',
              unit: 's',
              description: 'An exponential histogram on both sides of zero',
              exponentialHistogram: {
                aggregationTemporality: 1,
                dataPoints: [
                  {
                    ...point,
                    count: '10',
                    sum: -1.5,
                    min: -8,
                    max: 4,
                    scale: -2,
                    zeroCount: '1',
                    zeroThreshold: 0.001,
                    positive: { offset: -3, bucketCounts: ['1', '0', '2'] },
                    negative: { offset: 4, bucketCounts: ['6'] },
                    exemplars,
                  },
                ],
              },
            },
            {
              name: 'every.summary',
              unit: 'ms',
              description: 'A summary',
              summary: {
                dataPoints: [
                  {
                    ...point,
                    count: '100',
                    sum: 5000,
                    quantileValues: [
                      { quantile: 0, value: 1 },
                      { quantile: 0.5, value: 40 },
                      { quantile: 0.99, value: 300.25 },
                    ],
                  },
                ],
              },
            },
          ],
        },
      ],
    },
  ],
};
