/** What the benches send looks like what SDKs send, and never comes twice. */
import { expect, test } from 'vitest';
import { decodeLogs, decodeMetrics, decodeTraces, type KeyValue, type Span } from '../kernel/otlp/proof/reference.ts';
import { openCorpus } from './corpus.ts';

const baseMs = 1_800_000_000_000;
const spansOf = (request: Uint8Array): Span[] =>
  decodeTraces(request).flatMap(({ scopes }) => scopes.flatMap(({ records }) => records));
const hex = (id: Buffer | undefined): string => id?.toString('hex') ?? '';
const attributeOf = (attributes: readonly KeyValue[] | undefined, key: string) =>
  attributes?.find((attribute) => attribute.key === key)?.value;

test('spans have 10 to 20 attributes, events, links, several resources, and traces of several services', () => {
  const { requests } = openCorpus({ signals: ['traces'], recordsPerRequest: 500 });
  expect(requests.length).toBeGreaterThanOrEqual(8);
  const spans = requests.flatMap(({ bytes }) => spansOf(bytes));
  const counts = spans.map(({ attributes = [] }) => attributes.length);
  expect(counts.reduce((a, b) => a + b) / counts.length).toBeGreaterThan(12);
  // Those that the letters of other languages have, apart.
  expect(counts.filter((count) => count < 10 || count > 20).length).toBeLessThan(spans.length / 100);
  expect(spans.filter(({ events }) => events).length).toBeGreaterThan(spans.length / 5);
  expect(spans.filter(({ links }) => links).length).toBeGreaterThan(spans.length / 12);
  for (const { bytes } of requests) {
    expect(new Set(decodeTraces(bytes).map(({ resource }) => JSON.stringify(resource))).size).toBeGreaterThanOrEqual(3);
  }
  const requestsOfTrace = new Map<string, Set<number>>();
  requests.forEach(({ bytes }, i) => {
    for (const { traceId } of spansOf(bytes)) {
      requestsOfTrace.set(hex(traceId), (requestsOfTrace.get(hex(traceId)) ?? new Set()).add(i));
    }
  });
  const perTrace = spans.length / requestsOfTrace.size;
  expect(perTrace).toBeGreaterThan(6);
  expect(perTrace).toBeLessThan(12);
  expect([...requestsOfTrace.values()].filter((all) => all.size > 1).length).toBeGreaterThan(requestsOfTrace.size / 20);
});

test('every round has spans of its own, in traces of the same form, at the time it is given', () => {
  const { requests, renew } = openCorpus({ signals: ['traces'], recordsPerRequest: 500 });
  const rounds = [0, 1].map((round) => {
    renew(round);
    return requests.flatMap((request) => {
      request.stamp(baseMs + round);
      return spansOf(request.bytes);
    });
  });
  const [first, second] = rounds as [Span[], Span[]];
  const all = [...first, ...second];
  expect(new Set(all.map(({ traceId, spanId }) => hex(traceId) + hex(spanId))).size).toBe(all.length);
  const shapeOf = (spans: Span[]): number[] => {
    const numbers = new Map<string, number>();
    const numberOf = (id: string): number => numbers.get(id) ?? numbers.set(id, numbers.size).size;
    return spans.flatMap(({ traceId, parentSpanId }) => [numberOf(hex(traceId)), numberOf(hex(parentSpanId))]);
  };
  expect(shapeOf(second)).toEqual(shapeOf(first));
  const ends = first.map(({ endTimeUnixNano }) => endTimeUnixNano!).sort();
  expect(ends.at(-1)).toBe(`${baseMs}000000`);
  for (const [i, { startTimeUnixNano, endTimeUnixNano }] of first.entries()) {
    expect(BigInt(endTimeUnixNano!) - BigInt(startTimeUnixNano!)).toBe(
      BigInt(second[i]!.endTimeUnixNano!) - BigInt(second[i]!.startTimeUnixNano!),
    );
  }
});

test('what identifies changes with the round, and is the same wherever it was the same', () => {
  const { requests, renew } = openCorpus({ signals: ['traces', 'logs'], recordsPerRequest: 500 });
  const ordersOf = (round: number): string[] => {
    renew(round);
    for (const { stamp } of requests) stamp(baseMs + round);
    return requests
      .filter(({ signal }) => signal === 'traces')
      .flatMap(({ bytes }) => spansOf(bytes))
      .map(({ attributes }) => attributeOf(attributes, 'order.id')?.stringValue ?? '')
      .filter((order) => order !== '');
  };
  const [first, second] = [ordersOf(0), ordersOf(1)];
  expect(first.length).toBeGreaterThan(100);
  expect(new Set(first).size).toBeLessThan(first.length / 3);
  expect(second.filter((order) => first.includes(order))).toEqual([]);
  const texts = requests.filter(({ signal }) => signal === 'logs').map(({ bytes }) => bytes.toString('latin1'));
  expect(second.some((order) => texts.some((text) => text.includes(`order ${order} placed`)))).toBe(true);
  const ports = (spans: Span[]) =>
    spans.map(({ attributes }) => Number(attributeOf(attributes, 'network.peer.port')?.intValue ?? 40_000));
  const traces = requests.find(({ signal }) => signal === 'traces')!;
  expect(Math.min(...ports(spansOf(traces.bytes)))).toBeGreaterThan(1023);
  expect(Math.max(...ports(spansOf(traces.bytes)))).toBeLessThan(65_536);
});

test('no two log records, and no two points of a series, ever have one time: rounds are whole milliseconds apart', () => {
  const { requests, renew } = openCorpus({ signals: ['logs', 'metrics'], recordsPerRequest: 500 });
  const belowMs: string[] = [];
  const add = (timeUnixNano: string, of: unknown[]) => belowMs.push(JSON.stringify([timeUnixNano.slice(-6), ...of]));
  renew(0);
  for (const { signal, bytes, stamp } of requests) {
    stamp(baseMs);
    if (signal === 'logs') {
      for (const { scopes } of decodeLogs(bytes)) {
        for (const { records } of scopes) for (const { timeUnixNano } of records) add(timeUnixNano!, []);
      }
    } else {
      for (const { resource, scopes } of decodeMetrics(bytes)) {
        for (const { records } of scopes) {
          for (const { name, gauge, sum, histogram } of records) {
            for (const { attributes, timeUnixNano } of (gauge ?? sum ?? histogram)?.dataPoints ?? []) {
              add(timeUnixNano!, [resource, name, attributes]);
            }
          }
        }
      }
    }
  }
  expect(belowMs.length).toBeGreaterThan(3000);
  expect(new Set(belowMs).size).toBe(belowMs.length);
});
