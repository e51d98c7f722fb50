import { expect, test } from 'vitest';
import { exceptionsOf, failureOf, ownFrame } from './failure.ts';
import { type Sketch, spansOf } from './fixture-spans.ts';
import { buildTree } from './tree.ts';

test('the origin is named by what was thrown, those above by their status, others not at all', () => {
  const tree = buildTree(
    spansOf([
      { id: 'gateway', from: 0, to: 9, failed: true, attributes: { 'http.response.status_code': 500 } },
      { id: 'handler', parent: 'gateway', from: 1, to: 8 },
      { id: 'thrower', parent: 'handler', from: 2, to: 3, failed: true, exceptionType: 'java.io.IOException' },
      { id: 'plain', parent: 'handler', from: 4, to: 5, failed: true },
    ]),
  );
  const tag = (key: string) => failureOf(tree.byKey.get(key)!);
  expect(tag('gateway')).toEqual({ origin: false, text: '500', title: '500' });
  expect(tag('handler')).toBeNull();
  expect(tag('thrower')).toEqual({ origin: true, text: 'IOException', title: 'java.io.IOException' });
  expect(tag('plain')).toEqual({ origin: true, text: 'error', title: 'error' });
});

test.each<[string, Sketch['attributes'], string]>([
  ['an HTTP client', { 'error.type': '503', 'http.response.status_code': 503 }, '503'],
  ['a gRPC client', { 'rpc.grpc.status_code': 14 }, '14'],
  ['a database', { 'error.type': 'ECONNREFUSED' }, 'ECONNREFUSED'],
  ['a handler that answered well', { 'http.response.status_code': 200 }, 'error'],
])('%s that failed', (_, attributes, text) => {
  const tree = buildTree(spansOf([{ id: 'a', from: 0, to: 1, failed: true, attributes: attributes! }]));
  expect(failureOf(tree.nodes[0]!)!.text).toBe(text);
});

test('the exceptions of a span are its events of that name, oldest first', () => {
  const event = (name: string, attributes = {}) => ({ name, timeUnixNano: '1', attributes, droppedAttributesCount: 0 });
  const events = [
    event('exception', { 'exception.type': 'Timeout', 'exception.message': 'no' }),
    event('retry', { 'exception.type': 'not one' }),
    event('exception', { 'exception.type': 'Refused' }),
  ];
  const [span] = spansOf([{ id: 'a', from: 0, to: 1, events }]);
  expect(exceptionsOf(span!).map(({ type, message }) => [type, message])).toEqual([
    ['Timeout', 'no'],
    ['Refused', undefined],
  ]);
});

test.each([
  [
    'TypeError: x is null\n    at get (/app/node_modules/pg/lib/client.js:3:1)\n    at pay (/app/src/pay.ts:88:41)\n    at node:internal/process:1',
    'at pay (/app/src/pay.ts:88:41)',
  ],
  [
    'Traceback (most recent call last):\n  File "/usr/lib/python3/site-packages/flask/app.py", line 2, in run\n  File "/app/pay.py", line 7, in pay\n    raise X',
    'File "/app/pay.py", line 7, in pay',
  ],
  [
    'java.io.IOException: no\n\tat java.base/java.io.File.open(File.java:1)\n\tat com.shop.Pay.run(Pay.java:9)',
    'at com.shop.Pay.run(Pay.java:9)',
  ],
  ['pay@https://shop/app.js:1:20', 'pay@https://shop/app.js:1:20'],
  ['no stack at all', undefined],
])('the own frame of %j', (stack, frame) => {
  expect(ownFrame(stack)).toBe(frame);
});
