import { describe, expect, it } from 'vitest';
import { lineAt } from './fixture-lines.ts';
import { viewOf } from './line-view.ts';
import { pillsOf } from './pills.ts';

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
      { key: 'http.response.status_code', value: '502', failing: true },
      { key: 'reqId', value: 'req-ym', failing: false },
      { key: 'duration.ms', value: '14', failing: false },
      { key: 'a', value: '1', failing: false },
    ]);
  });

  it('are those chosen, in that order, wherever they stand', () => {
    expect(pillsOf(view, ['host.name', 'http.route', 'missing']).map((pill) => pill.value)).toEqual([
      'web-1',
      '/v1/stock/:sku',
    ]);
  });
});
