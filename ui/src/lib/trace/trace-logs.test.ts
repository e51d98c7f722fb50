import { expect, test } from 'vitest';
import type { LogLine } from '../../../../api/contract/logs.ts';
import { type Sketch, spansOf } from './fixture-spans.ts';
import { around, placeLogs, ringsBySpan } from './trace-logs.ts';
import { buildTree } from './tree.ts';

const startUnixNano = 1_795_082_400_000_000_000n;
const line = (ms: number, spanId: string, body: LogLine['body'] = 'said'): LogLine => {
  const time = (startUnixNano + BigInt(Math.round(ms * 1e6))).toString();
  return {
    id: `${ms}`,
    sortUnixNano: time,
    timeUnixNano: time,
    observedTimeUnixNano: time,
    service: 'shop',
    severity: 'info',
    severityNumber: 9,
    severityText: 'INFO',
    body,
    eventName: 'shop.event',
    traceId: '',
    spanId,
    flags: 0,
    attributes: {},
    droppedAttributesCount: 0,
    resource: { attributes: {}, schemaUrl: '' },
    scope: { name: '', version: '', attributes: {}, schemaUrl: '' },
  };
};
const sketches: Sketch[] = [
  { id: 'call', from: 0, to: 100, kind: 'client' },
  { id: 'served', parent: 'call', from: -50, to: 20, kind: 'server', service: 'stock' },
];

test('lines move with the clock of the span that wrote them', () => {
  const lines = placeLogs(buildTree(spansOf(sketches)), [line(60, 'call'), line(-40, 'served'), line(5, 'unknown')]);
  expect(lines.map(({ node, atMs }) => [node?.key, atMs])).toEqual([
    [undefined, 5],
    ['served', 10],
    ['call', 60],
  ]);
  expect([...ringsBySpan(lines)]).toEqual([
    ['served', [10]],
    ['call', [60]],
  ]);
});

test('what a line says', () => {
  const texts = ['plain', { msg: 'inside', n: 1 }, { message: 'first', msg: 'second' }, { n: 1 }, '', ['a', 1]].map(
    (body, i) => line(i, 'call', body),
  );
  expect(placeLogs(buildTree(spansOf(sketches)), texts).map(({ text }) => text)).toEqual([
    'plain',
    'inside',
    'first',
    '{"n":1}',
    'shop.event',
    '["a",1]',
  ]);
});

test('lines around a stretch', () => {
  const lines = placeLogs(
    buildTree(spansOf(sketches)),
    [10, 20, 30, 40, 50].map((ms) => line(ms, 'call')),
  );
  const at = (fromMs: number, toMs: number) => around(lines, fromMs, toMs, 1).map(({ atMs }) => atMs);
  expect(at(25, 35)).toEqual([20, 30, 40]);
  expect(at(31, 32)).toEqual([30, 40]);
  expect(at(0, 5)).toEqual([10]);
  expect(at(90, 99)).toEqual([50]);
});
