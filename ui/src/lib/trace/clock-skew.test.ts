import { expect, test } from 'vitest';
import { type Sketch, spansOf } from './fixture-spans.ts';
import { buildTree } from './tree.ts';

const clocks = (sketches: Sketch[]) => buildTree(spansOf(sketches)).clocks;
const caller: Sketch = { id: 'call', from: 0, to: 100, kind: 'client' };

test('the least correction that lets every call begin after its caller', () => {
  expect(
    clocks([
      caller,
      { id: 'first', parent: 'call', from: -3, to: 40, service: 'stock' },
      { id: 'second', parent: 'call', from: -8, to: 60, service: 'stock' },
    ]),
  ).toEqual([{ service: 'stock', shiftMs: 8 }]);
});

test('a correction is handed on to the processes behind', () => {
  expect(
    clocks([
      caller,
      { id: 'served', parent: 'call', from: -500, to: -420, kind: 'server', service: 'stock' },
      { id: 'behind', parent: 'served', from: -480, to: -470, service: 'database' },
    ]),
  ).toEqual([
    { service: 'stock', shiftMs: 500 },
    { service: 'database', shiftMs: 500 },
  ]);
});

test('a server that seems to begin after its caller was answered has a clock ahead', () => {
  expect(
    clocks([caller, { id: 'served', parent: 'call', from: 300, to: 380, kind: 'server', service: 'stock' }]),
  ).toEqual([{ service: 'stock', shiftMs: -280 }]);
});

test.each<[string, Sketch[]]>([
  [
    'a message consumed later',
    [caller, { id: 'consumed', parent: 'call', from: 300, to: 380, kind: 'consumer', service: 'b' }],
  ],
  [
    'a server that goes on after its caller gave up',
    [
      { ...caller, failed: true },
      { id: 'served', parent: 'call', from: 300, to: 380, kind: 'server', service: 'b' },
    ],
  ],
  [
    'work that outlives its caller',
    [caller, { id: 'served', parent: 'call', from: 20, to: 120, kind: 'server', service: 'b' }],
  ],
  [
    'a page load around the answer it is hung under',
    [caller, { id: 'load', parent: 'call', from: -40, to: 900, service: 'b' }],
  ],
  ['one process', [caller, { id: 'early', parent: 'call', from: -5, to: 20 }]],
])('no clock is wrong: %s', (_, sketches) => {
  expect(clocks(sketches)).toEqual([]);
});
