import { expect, test } from 'vitest';
import type { LogRecord } from '../log/log.ts';
import { decisionIdHeader, onlyForHeader, retryOfHeader } from '../topics.ts';
import { decisionIdOf, markOf, putBackBefore, watchRepeats } from './decision-id.ts';

const from = { logId: 'log-1', topic: 'services.seen', partition: 3 };
const decided = (offset: number, index: number, logId = from.logId): LogRecord => ({
  offset: 0,
  timestampMs: 0,
  key: 'k',
  headers: { [decisionIdHeader]: decisionIdOf('decider', { ...from, logId }, offset, index) },
  value: Buffer.from(''),
});

test('an id names processor, log, partition, record and which of its decisions', () => {
  expect(markOf(decided(12, 1), from.logId)).toEqual({ source: 'decider/log-1/services.seen/3', offset: 12, index: 1 });
});

test('what is at or below the last one of its source came before; gaps are none of its business', () => {
  const watch = watchRepeats([{ source: 'decider/log-1/services.seen/3', offset: 10, index: 2 }], from.logId);
  const order: [number, number][] = [
    [9, 5],
    [10, 2],
    [10, 3],
    [15, 0],
    [10, 3],
    [15, 0],
    [15, 1],
  ];
  const repeats = order.map(([offset, index]) => watch.whyNot(decided(offset, index)) !== undefined);
  expect(repeats).toEqual([true, true, false, false, true, true, false]);
  expect(watch.moved()).toEqual([{ source: 'decider/log-1/services.seen/3', offset: 15, index: 1 }]);
});

test('a log that took the place of another begins anew, and no ids are taken for those of the old one', () => {
  const watch = watchRepeats([{ source: 'decider/log-1/services.seen/3', offset: 1000, index: 0 }], from.logId);
  expect(watch.whyNot(decided(1, 0, 'log-2'))).toBeUndefined();
  expect(watch.whyNot(decided(1, 0, 'log-2'))).toBeDefined();
});

test('what was put back counts once for each time, and not at all before where a replay began', () => {
  const copy = (offset: number) => ({ ...decided(1, 0), offset, headers: { [onlyForHeader]: 'decider' } });
  const watch = watchRepeats([putBackBefore(from.logId, 20), putBackBefore('log-2', 90)], from.logId);
  const repeats = [3, 19, 20, 21].map((offset) => watch.whyNot(copy(offset)) !== undefined);
  expect(repeats).toEqual([true, true, false, false]);
  expect(watch.moved()).toEqual([putBackBefore(from.logId, 22)]);
});

test('what nobody decided is no repeat, nor what a person has put back', () => {
  const watch = watchRepeats([{ source: 'decider/log-1/services.seen/3', offset: 10, index: 0 }], from.logId);
  const plain = { ...decided(1, 0), headers: {} };
  const putBack = { ...decided(1, 0), headers: { ...decided(1, 0).headers, [retryOfHeader]: 'dlt_1' } };
  for (const record of [plain, plain, putBack]) expect(watch.whyNot(record)).toBeUndefined();
  expect(watch.moved()).toEqual([]);
});
