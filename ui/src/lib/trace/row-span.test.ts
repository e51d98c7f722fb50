import { expect, test } from 'vitest';
import type { TraceOutline } from '../../../../api/contract/traces.ts';
import { identityOf as identityInApi } from '../../../../api/traces/span-identity.ts';
import { identityOf, outlinedTrace } from './row-span.ts';

const outline: TraceOutline = {
  traceId: '4f2a91d07be34c6c4f2a91d07be34c6c',
  startUnixNano: '1795082400000000001',
  spans: {
    texts: ['edge', 'GET /', 'charge'],
    spanId: ['a1', 'b2', 'c3'],
    parent: [null, 0, 'gone'],
    service: [0, 0, 0],
    name: [1, 2, 1],
    kind: [2, 3, 0],
    status: [0, 2, 1],
    startNano: [0, 12, 3_000_000_007],
    durationNano: [999_999_999, 0, 1],
    resource: [0, 1, 0],
  },
  notes: [{ span: 1, statusMessage: 'declined', exceptionType: 'CardDeclined', attributes: { 'error.type': 'x' } }],
  details: null,
  omittedSpans: 4,
  usualP95Ms: null,
  cost: { rowsRead: 3, bytesRead: 1, elapsedMs: 1 },
};

test('columns become spans, to the nanosecond', () => {
  const { spans, omittedSpans } = outlinedTrace(outline);
  expect(omittedSpans).toBe(4);
  expect(spans).toEqual([
    {
      spanId: 'a1',
      parentSpanId: '',
      service: 'edge',
      name: 'GET /',
      kind: 'server',
      startTimeUnixNano: '1795082400000000001',
      endTimeUnixNano: '1795082401000000000',
      status: { code: 'unset', message: '' },
      attributes: {},
      resource: 0,
      exceptionType: '',
    },
    {
      spanId: 'b2',
      parentSpanId: 'a1',
      service: 'edge',
      name: 'charge',
      kind: 'client',
      startTimeUnixNano: '1795082400000000013',
      endTimeUnixNano: '1795082400000000013',
      status: { code: 'error', message: 'declined' },
      attributes: { 'error.type': 'x' },
      resource: 1,
      exceptionType: 'CardDeclined',
    },
    expect.objectContaining({
      parentSpanId: 'gone',
      kind: 'unspecified',
      startTimeUnixNano: '1795082403000000008',
      status: { code: 'ok', message: '' },
    }),
  ]);
});

test('the two sides of a call that share an id are two', () => {
  const [client] = outlinedTrace(outline).spans;
  expect(identityOf(client!)).not.toBe(identityOf({ ...client!, kind: 'client' }));
  expect(identityOf(client!)).not.toBe(identityOf({ ...client!, service: 'other' }));
  const { spanId, kind, startTimeUnixNano, service } = client!;
  expect(identityOf(client!)).toBe(identityInApi(spanId, kind, startTimeUnixNano, service));
});
