import { describe, expect, it } from 'vitest';
import { lineAt } from './fixture-lines.ts';
import { viewOf } from './line-view.ts';
import { pillsOf, shortLabel } from './pills.ts';

const view = viewOf(
  lineAt(0, {
    body: 'GET /v1/stock/:sku 502',
    attributes: {
      reqId: 'req-ym',
      'http.request.method': 'GET',
      'http.route': '/v1/stock/:sku',
      'exception.stacktrace': 'Error\n  at x',
      'http.response.status_code': 502,
      'duration.ms': 14,
      a: 1,
      b: 2,
    },
    resource: { attributes: { 'host.name': 'web-1' }, schemaUrl: '' },
  }),
);

describe('pills', () => {
  it('say first what people look for, and nothing the message says', () => {
    expect(pillsOf(view, null)).toEqual([
      { key: 'http.response.status_code', label: 'status', value: '502', failing: true },
      { key: 'reqId', label: 'reqId', value: 'req-ym', failing: false },
      { key: 'duration.ms', label: 'ms', value: '14', failing: false },
      { key: 'a', label: 'a', value: '1', failing: false },
    ]);
  });

  it('are those chosen, in that order, wherever they stand', () => {
    expect(pillsOf(view, ['host.name', 'http.route', 'missing']).map((pill) => pill.value)).toEqual([
      'web-1',
      '/v1/stock/:sku',
    ]);
  });
});

it.each([
  ['http.response.status_code', 'status'],
  ['app.cart.id', 'cart.id'],
  ['messaging.batch.message_count', 'message_count'],
  ['order', 'order'],
])('%s is called %s', (key, label) => {
  expect(shortLabel(key)).toBe(label);
});
