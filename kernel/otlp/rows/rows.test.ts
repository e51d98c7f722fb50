/** The row writers against their slow twin, on requests made of chance. */
import { expect, test } from 'vitest';
import type { Signal } from '../messages.ts';
import { randomWire } from '../proof/random-wire.ts';
import { rowsOfBlock } from '../proof/rows-of.ts';
import { slowLogRows, slowMetricRows, slowSpanRows } from '../proof/slow-rows.ts';
import { logsTranscoder } from './logs-rows.ts';
import { metricsTranscoder } from './metrics-rows.ts';
import type { Origin } from './origin.ts';
import { spansTranscoder } from './spans-rows.ts';

const origin: Origin = {
  org: 'org_ünï',
  project: 'prj_default',
  receivedAtMs: 1_763_629_200_123,
  retentionDays: 30,
  partition: 65_535,
  offset: 2 ** 40 + 5,
};
const requestsPerSignal = 2500;

test.each([
  ['traces', spansTranscoder(), slowSpanRows],
  ['logs', logsTranscoder(), slowLogRows],
  ['metrics', metricsTranscoder(), slowMetricRows],
] as const)(
  '%s: every row is what its slow twin makes of it',
  (signal: Signal, transcoder, slowRows) => {
    const block = transcoder.openBlock(2 ** 26);
    let rowsSeen = 0;
    for (let seed = 1; seed <= requestsPerSignal; seed++) {
      const request = randomWire(signal, seed);
      const expected = slowRows(request, origin);
      block.clear();
      const { rows, cutRows } = block.add(request, origin);
      const message = `seed ${seed}, request ${Buffer.from(request).toString('hex').slice(0, 4000)}`;
      expect({ rows, cutRows }, message).toEqual({ rows: expected.length, cutRows: 0 });
      expect(rowsOfBlock(block), message).toEqual(expected);
      rowsSeen += rows;
    }
    // so that it cannot pass on empty requests
    expect(rowsSeen).toBeGreaterThan(requestsPerSignal);
  },
  120_000,
);
