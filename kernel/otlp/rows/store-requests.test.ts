import { expect, test } from 'vitest';
import type { LogRecord } from '../../log/log.ts';
import type { RowsInsert } from '../../telemetry/client.ts';
import { otlpHeaders } from '../../topics.ts';
import { encodeTraces } from '../proof/reference.ts';
import { insertLimits } from './insert-cuts.ts';
import type { RowsBlock, Transcoder } from './rows-block.ts';
import { spansTranscoder } from './spans-rows.ts';
import { storeRequests } from './store-requests.ts';

const headers = {
  [otlpHeaders.org]: 'o',
  [otlpHeaders.project]: 'p',
  [otlpHeaders.receivedAt]: String(Date.now()),
  [otlpHeaders.retentionDays]: '30',
  [otlpHeaders.encoding]: 'identity',
};
const record = (offset: number, text: string): LogRecord => ({
  ...{ offset, key: '', timestampMs: 0, headers, value: Buffer.from(text) },
});

/** One row a request, and a bug that one of them meets. */
const buggyBlock = (): RowsBlock => {
  let rows = 0;
  return {
    get rows() {
      return rows;
    },
    sent: { rows: 0, recordBytes: 0, headBytes: 0 },
    usedBytes: 0,
    unfoldedBytes: 0,
    heldBytes: 0,
    add(request) {
      if (Buffer.from(request).toString() === 'poison') throw new TypeError('undefined is not a function');
      rows++;
      return { rows: 1, cutRows: 0 };
    },
    written: () => [],
    derived: () => undefined,
    clear() {
      rows = 0;
    },
  };
};
const buggy: Transcoder = { table: 't', structure: 'a UInt8', limits: insertLimits.spans, openBlock: buggyBlock };

test('a request that a bug of ours cannot read is set aside, and holds up nobody', async () => {
  const inserts: RowsInsert[] = [];
  const write = storeRequests({ insert: async (rows) => void inserts.push(rows) }, buggy);
  const records = [record(1, 'a'), record(2, 'poison'), record(3, 'b')];
  expect(await write({ token: 't', topic: 'otlp.spans', partition: 0, records })).toEqual([
    { kind: 'dead-letter', offset: 2, reason: 'Syntra fails to read it: undefined is not a function' },
  ]);
  expect(inserts.map(({ rowCount }) => rowCount)).toEqual([2]);
});

test('rows with large resources are few to an insert, though they say them once', async () => {
  const value = encodeTraces({
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'k', value: { stringValue: 'v'.repeat(60_000) } }] },
        scopeSpans: [{ spans: Array.from({ length: 1000 }, () => ({})) }],
      },
    ],
  });
  const inserts: { rowCount: number; bytes: number }[] = [];
  const write = storeRequests(
    {
      insert: async ({ table, rowCount, rows }) => {
        if (table === 'spans') inserts.push({ rowCount, bytes: rows.reduce((sum, part) => sum + part.length, 0) });
      },
    },
    spansTranscoder(),
  );
  const records = Array.from({ length: 8 }, (_, offset) => ({ ...record(offset, ''), value }));
  expect(await write({ token: 't', topic: 'otlp.spans', partition: 0, records })).toEqual([]);
  // 60 MB a request where they are unfolded
  expect(inserts.map(({ rowCount }) => rowCount)).toEqual([3000, 3000, 2000]);
  for (const { bytes } of inserts) expect(bytes).toBeLessThan(2 ** 20);
});
