import { expect, test } from 'vitest';
import { findSpans } from './find.ts';
import { spansOf } from './fixture-spans.ts';
import { buildTree } from './tree.ts';

const tree = buildTree(
  spansOf([
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
  ]),
);
const found = (text: string) => findSpans(tree, text).map((index) => tree.nodes[index]!.key);

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
  ['s', ['a0', 'b1', 'c2', 'd3']],
  ['nothing like it', []],
  ['  ', []],
])('%j finds %j', (text, keys) => {
  expect(found(text)).toEqual(keys);
});
