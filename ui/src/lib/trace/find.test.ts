import { expect, test } from 'vitest';
import type { Resource, Scope } from '../../../../api/contract/values.ts';
import { type FindIn, findSpans } from './find.ts';
import { spansOf } from './fixture-spans.ts';
import { buildTree } from './tree.ts';

const spans = spansOf([
  {
    id: 'a0',
    from: 0,
    to: 9,
    name: 'POST /checkout',
    service: 'edge',
    attributes: { 'http.response.status_code': 500 },
  },
  {
    id: 'b1',
    parent: 'a0',
    from: 1,
    to: 2,
    name: 'charge',
    attributes: { 'order.id': 'ord_8F', tags: ['gift', 'vip'] },
  },
  {
    id: 'c2',
    parent: 'a0',
    from: 3,
    to: 4,
    name: 'retry',
    events: [
      {
        name: 'exception',
        timeUnixNano: '1',
        attributes: { 'exception.type': 'CardDeclined' },
        droppedAttributesCount: 0,
      },
    ],
  },
  { id: 'd3', parent: 'gone', from: 5, to: 6, name: 'lost' },
  {
    id: 'e4',
    parent: 'a0',
    from: 7,
    to: 8,
    name: 'flush',
    traceState: 'congo=t61rcWkgMzE',
    links: [
      {
        traceId: '0909090909090909',
        spanId: '5c5c5c5c',
        traceState: 'vendor=x1',
        flags: 0,
        attributes: { 'batch.id': 'b-42' },
        droppedAttributesCount: 0,
      },
    ],
  },
]);
const tree = buildTree(spans);
/** Of `edge`, of the others. */
const resources: Resource[] = [
  { attributes: { 'k8s.pod.name': 'web-7f9c', 'process.pid': 4711 }, schemaUrl: '' },
  { attributes: { 'host.name': 'fsn1-app-2' }, schemaUrl: '' },
];
const scopes: Scope[] = [
  { name: '@acme/orders', version: '9.8.7', attributes: { 'scope.team': 'billing' }, schemaUrl: '' },
];
/** Of a small trace, all that its spans carry is here. */
const whole: FindIn = {
  carried: (row) => {
    const span = spans.find(({ spanId }) => spanId === row.spanId);
    return span && { span, resource: resources[span.resource], scope: scopes[span.scope] };
  },
  found: new Set(),
};
/** Of a large one only rows are. */
const outlined: FindIn = { carried: () => undefined, found: new Set() };
const find = (text: string, where: FindIn) => findSpans(tree, text, where).map((index) => tree.nodes[index]!.key);

test.each([
  ['CHECKOUT', ['a0']],
  ['edge', ['a0']],
  ['order.id', ['b1']],
  ['ord_8f', ['b1']],
  ['order.id=ord_8f', ['b1']],
  ['status_code=500', ['a0']],
  ['vip', ['b1']],
  ['carddeclined', ['c2']],
  ['c2', ['c2']],
  ['s', ['a0', 'b1', 'c2', 'e4', 'd3']],
  ['exception.type', ['c2']],
  ['congo=t61RCWKGMZE', ['e4']],
  ['batch.id', ['e4']],
  ['batch.id=b-42', ['e4']],
  ['09090909', ['e4']],
  ['5C5C', ['e4']],
  ['90909090', []],
  ['vendor=x1', ['e4']],
  ['k8s.pod.name', ['a0']],
  ['pod.name=WEB-7f9c', ['a0']],
  ['process.pid=4711', ['a0']],
  ['fsn1-app', ['b1', 'c2', 'e4', 'd3']],
  ['@acme/orders', ['a0', 'b1', 'c2', 'e4', 'd3']],
  ['9.8.7', ['a0', 'b1', 'c2', 'e4', 'd3']],
  ['scope.team=billing', ['a0', 'b1', 'c2', 'e4', 'd3']],
  ['nothing like it', []],
  ['  ', []],
])('%j finds %j', (text, keys) => {
  expect(find(text, whole)).toEqual(keys);
});

test('what rows do not know is found where the server found it, in order of the tree', () => {
  expect(find('ord_8f', outlined)).toEqual([]);
  expect(find('retry', { ...outlined, found: new Set(['b1', 'elsewhere']) })).toEqual(['b1', 'c2']);
  expect(find('', { ...outlined, found: new Set(['b1']) })).toEqual([]);
});
