/**
 * # 4. When something goes wrong
 *
 * Something will: a record that no table takes, a table that has to be written anew, a disk that is gone. This chapter
 * does each of them to a running Syntra and shows what you do about it: look at dead letters and put them back, replay,
 * back up and restore. Its shop sends one log line for each order, so that it is easy to say what there should be.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openEmbeddedLog } from '../../kernel/log/embedded.ts';
import { openEmbeddedTelemetry } from '../../kernel/telemetry/embedded.ts';
import { logsTopic, zstdRequestHeaders } from '../../kernel/topics.ts';
import { ask } from './ask.ts';
import { runSyntra } from './run-syntra.ts';
import { type RunningSyntra, startSyntra } from './start-syntra.ts';

const params = { projectId: 'prj_default' };
const startedMs = Date.now();
const tillLines = () => ({ fromMs: startedMs, toMs: Date.now() + 60_000, q: 'service:till' });
const soon = { timeout: 60_000, interval: 100 };

let directory: string;
let dataDir: string;
let syntra: RunningSyntra;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'syntra-chapter-4-'));
  // Started by root, the private PostgreSQL runs as somebody else, who has to get through to its files.
  await chmod(directory, 0o711);
  dataDir = join(directory, 'data');
  syntra = await startSyntra({ dataDir });
});
afterAll(async () => {
  await syntra?.stop();
  await rm(directory, { recursive: true, force: true });
});

/** Sends one line, and resolves when it is acknowledged: from then on it is Syntra's to keep. */
const sendOrder = async (order: number, total: string): Promise<void> => {
  const line = {
    body: { stringValue: `order ${order}` },
    attributes: [{ key: 'order.total', value: { stringValue: total } }],
  };
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'till' } }] };
  const answer = await fetch(`${syntra.otlpHttpUrl}/v1/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceLogs: [{ resource, scopeLogs: [{ logRecords: [line] }] }] }),
    signal: AbortSignal.timeout(30_000),
  });
  if (answer.status !== 200) throw new Error(`${answer.status}: ${await answer.text()}`);
};

/** The numbers of all orders that can be read, one for each time that they are there. */
const storedOrders = async (from = syntra): Promise<number[]> => {
  const orders: number[] = [];
  for (let cursor: string | undefined; ; ) {
    const query = { ...tillLines(), cursor, limit: 200 };
    const { lines, nextCursor } = await ask(from.url, 'listLogs', { params, query });
    orders.push(...lines.map(({ body }) => Number(String(body).replace('order ', ''))));
    if (nextCursor === null) return orders.sort((a, b) => a - b);
    cursor = nextCursor;
  }
};

/** As many as the histogram counts, which is kept by a view of the table and not by the table. */
const countedOrders = async (): Promise<number> =>
  (await ask(syntra.url, 'getLogHistogram', { params, query: tillLines() })).total;

const letters = () => ask(syntra.url, 'listDeadLetters', { params });

describe('A record that cannot be processed', () => {
  // Two accidents wait for us. The log holds a record that an earlier program wrote as plain text, when it should have
  // been compressed. And somebody has given the table a rule by hand: order totals are whole numbers, are they not?
  // (Ingest would have refused the first. It cannot know of the second.)
  beforeAll(async () => {
    await syntra.stop();
    const log = await openEmbeddedLog({ directory: dataDir });
    const headers = { org: 'org_default', project: 'prj_default', receivedAtMs: Date.now(), retentionDays: 30 };
    const value = Buffer.from('order 1 for 12 EUR');
    await log.append(logsTopic.name, [{ key: '', headers: zstdRequestHeaders({ ...headers, records: 1 }), value }]);
    await log.close();
    await changeTable(`ADD CONSTRAINT whole CHECK toUInt32(if(${total} = '', '0', ${total})) < 1000000`);
    syntra = await startSyntra({ dataDir });
  });

  // One bad record in a batch: the batch is halved until those at fault are alone. The others are stored.
  test('does not hold up the others', async () => {
    await sendOrder(2, '12');
    await sendOrder(3, '12.50');
    await sendOrder(4, '7');
    await vi.waitFor(async () => expect(await storedOrders()).toEqual([2, 4]), soon);
  });

  // Nothing that was accepted disappears. What could not be stored is a dead letter, with the reason; the Pipeline page
  // counts them, and its list leads to each. Order 3 was acknowledged, so it matters.
  test('is a dead letter that says why', async () => {
    await vi.waitFor(async () => expect((await letters()).counts.open).toBe(2), soon);
    const { deadLetters } = await letters();
    expect(deadLetters).toMatchObject([
      { processor: 'store-logs', topic: 'otlp.logs', reason: expect.stringMatching(/refuses it: .*12\.50/s) },
      { processor: 'store-logs', topic: 'otlp.logs', reason: expect.stringMatching(/^it cannot be unpacked: /) },
    ]);
    await vi.waitFor(async () => expect((await ask(syntra.url, 'getPipeline')).openDeadLetters).toBe(2), soon);
  });

  // It also keeps the bytes, readable where they can be read.
  test('and still holds what was sent', async () => {
    const [refused, unreadable] = (await letters()).deadLetters;
    expect((await detailOf(refused!.id)).value?.text).toContain('"stringValue": "12.50"');
    const { value } = await detailOf(unreadable!.id);
    expect(value).toMatchObject({ unpacked: false, text: null });
    expect(Buffer.from(value!.base64, 'base64').toString()).toBe('order 1 for 12 EUR');
  });

  // No later version will read plain text as compressed protobuf. What nobody can use is given up, by a person.
  test('can be given up', async () => {
    const unreadable = (await letters()).deadLetters[1]!;
    const answer = await ask(syntra.url, 'discardDeadLetters', { params, body: { ids: [unreadable.id] } });
    expect(answer).toEqual({ changed: 1, pending: [], failed: [] });
  });

  // The other one is fine, and the rule was not. With the rule gone the letter is put back: for `store-logs` alone, since
  // everybody else had the record when it came.
  test('is put back once the cause is gone, and stored once', async () => {
    await syntra.stop();
    await changeTable('DROP CONSTRAINT whole');
    syntra = await startSyntra({ dataDir });

    const [refused] = (await letters()).deadLetters;
    const body = { ids: [refused!.id] };
    expect(await ask(syntra.url, 'retryDeadLetters', { params, body })).toMatchObject({ changed: 1 });
    await vi.waitFor(async () => expect(await storedOrders()).toEqual([2, 3, 4]), soon);

    // Pressed again, by somebody who has not seen it yet, it does nothing.
    const again = await ask(syntra.url, 'retryDeadLetters', { params, body });
    expect(again).toMatchObject({ changed: 0, failed: [{ reason: 'It was put back already.' }] });
    expect((await letters()).counts).toEqual({ open: 0, retrying: 0, retried: 1, discarded: 1 });
    expect(await storedOrders()).toEqual([2, 3, 4]);
    expect(await countedOrders()).toBe(3);
  });

  /** What `clickhouse-client` does where ClickHouse is a server. Here the engine is in the program, which must not run. */
  const changeTable = async (change: string): Promise<void> => {
    const telemetry = await openEmbeddedTelemetry({ directory: dataDir });
    await telemetry.command(`ALTER TABLE logs ${change}`);
    await telemetry.close();
  };
  const total = "attributes['order.total']";

  const detailOf = (deadLetterId: string) => ask(syntra.url, 'getDeadLetter', { params: { ...params, deadLetterId } });
});

describe('A table that has to be written anew', () => {
  // Say a version of Syntra wrote rows wrongly, and the next one does it right. The log keeps what was sent for three days,
  // room permitting, so the rows can be made again. It is done between two runs: while one goes on, the command refuses.
  test('replay refuses while Syntra runs', async () => {
    await expect(replayLogs()).rejects.toThrow('is in use by another Syntra: stop that one');
  });

  // Removed are the rows of whole days of arrival, in the table and in everything that is made from it. The processor
  // reads their records again when Syntra starts, as if for the first time.
  test('what is replayed is there as it was before', async () => {
    await syntra.stop();
    const printed = await replayLogs();
    console.log(indented(printed));
    expect(printed).toMatch(/^Removed the rows received .* from logs,/);
    expect(printed).toContain('store-logs reads');

    syntra = await startSyntra({ dataDir });
    await vi.waitFor(async () => expect(await storedOrders()).toEqual([2, 3, 4]), soon);
    // And when there is nothing more to read, nothing has come twice.
    await vi.waitFor(async () => expect(await lagOf('store-logs')).toBe(0), soon);
    expect(await storedOrders()).toEqual([2, 3, 4]);
    expect(await countedOrders()).toBe(3);
  });

  // Order 3 came from the original this time, which nothing is wrong with any more: its dead letter is gone. The one that
  // was given up stays so.
  test('and so are the dead letters that still are some', async () => {
    const { deadLetters, counts } = await letters();
    expect(counts).toEqual({ open: 0, retrying: 0, retried: 0, discarded: 1 });
    expect(deadLetters[0]?.reason).toMatch(/^it cannot be unpacked: /);
  });

  const replayLogs = () =>
    runSyntra(dataDir, 'replay', '--topic', 'otlp.logs', '--from', 'start', '--group', 'store-logs');

  /** Records it has still to read, as its process last said; undefined before it has said anything. */
  const lagOf = async (processor: string): Promise<number | null | undefined> => {
    const { processors } = await ask(syntra.url, 'getPipeline');
    return processors.find(({ name }) => name === processor)?.lag;
  };
});

describe('A disk that is gone', () => {
  const acknowledged: number[] = [];
  let before: readonly number[];
  let backup: string;

  // A backup is taken while orders come in. It has to be: they always do. Processors stand still for a moment, so that
  // log, tables and states are of the same one; senders notice nothing.
  test('a backup is taken while Syntra runs', async () => {
    backup = join(directory, 'backup');
    let isDone = false;
    const sending = (async () => {
      for (let order = 5; !isDone; order++) {
        await sendOrder(order, '20');
        acknowledged.push(order);
      }
    })();
    await vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(20), soon);
    before = [2, 3, 4, ...acknowledged];
    const printed = await runSyntra(dataDir, 'backup', '--to', backup).finally(() => {
      isDone = true;
    });
    await sending;
    console.log(indented(printed));
    expect(printed).toContain(`The backup in ${backup} is whole`);
    expect(acknowledged.length, 'orders went on meanwhile').toBeGreaterThan(before.length);
  });

  // The backup becomes a data directory, on another machine as well as here. All that was acknowledged before it was
  // asked for is there once; of what came while it was taken, the first part is. Your projects, keys and dead letters
  // are as they were.
  test('and restored into another directory it has all that was acknowledged before', async () => {
    const restoredDir = join(directory, 'restored');
    console.log(indented(await runSyntra(restoredDir, 'restore', '--from', backup)));
    const restored = await startSyntra({ dataDir: restoredDir });
    try {
      await vi.waitFor(
        async () => expect(await storedOrders(restored)).toEqual(expect.arrayContaining([...before])),
        soon,
      );
      const orders = await storedOrders(restored);
      const all = [2, 3, 4, ...acknowledged];
      expect(orders, 'the first of those sent, each once').toEqual(all.slice(0, orders.length));
      expect(await ask(restored.url, 'listDeadLetters', { params })).toEqual(await letters());
    } finally {
      await restored.stop();
    }
  });

  // The one that was backed up has gone on, and has everything.
  test('and nothing is missing where it was taken', async () => {
    await vi.waitFor(async () => expect(await storedOrders()).toEqual([2, 3, 4, ...acknowledged]), soon);
  });
});

// What is left is a disk that is full. With less than a twentieth of it free, 4 GiB at most, ingest refuses what is new:
// senders get 503 with Retry-After, or UNAVAILABLE, and send again; /readyz says `"disk": "nearly full"` and the Pipeline
// page says how much is free. Make room, and it goes on by itself. To fill up a disk of its own one has to be root, so
// this is shown in ../faults/rows/machine.ts.

const indented = (printed: string): string => printed.trimEnd().replace(/^/gm, '      ');
