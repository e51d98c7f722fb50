/** The program itself: asked for a backup, killed in the middle of one, restored from one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openEmbeddedTelemetry } from '../telemetry/embedded.ts';

let directory: string;
let dataDir: string;
const running = new Set<ChildProcess>();
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'syntra-program-'));
  // So that PostgreSQL, which root starts as somebody else, gets through to its files.
  await chmod(directory, 0o711);
  dataDir = join(directory, 'data');
});
afterEach(async () => {
  await Promise.all([...running].map((child) => end(child, 'SIGKILL')));
  await rm(directory, { recursive: true, force: true });
});

const run = (args: readonly string[], into = dataDir): ChildProcess => {
  const anyPort = { SYNTRA_PORT: '0', SYNTRA_OTLP_HTTP_PORT: '0', SYNTRA_OTLP_GRPC_PORT: '0' };
  const child = spawn(process.execPath, [join(import.meta.dirname, '..', '..', 'main.ts'), ...args], {
    env: { ...process.env, ...anyPort, SYNTRA_DATA_DIR: into },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
};

const end = async (child: ChildProcess, signal: NodeJS.Signals): Promise<unknown[]> => {
  if (child.exitCode !== null || child.signalCode !== null) return [child.exitCode, child.signalCode];
  const ended = once(child, 'exit');
  child.kill(signal);
  return ended;
};

/** Resolves when it has printed what matches; fails with all it printed when it ends before. */
const printed = (child: ChildProcess, expected: RegExp): Promise<string> =>
  new Promise((resolve, reject) => {
    let output = '';
    const take = (piece: Buffer): void => {
      output += piece.toString();
      if (expected.test(output)) resolve(output);
    };
    child.stdout!.on('data', take);
    child.stderr!.on('data', take);
    child.once('close', (code) => reject(new Error(`It ended with ${code} and had printed: ${output}`)));
  });

const start = async (into = dataDir): Promise<{ child: ChildProcess; url: string; http: string }> => {
  const child = run([], into);
  await printed(child, /Syntra is ready/);
  const ports = JSON.parse(await readFile(join(into, 'ports.json'), 'utf8')) as { http: number; otlpHttp: number };
  const at = (port: number) => `http://127.0.0.1:${port}`;
  return { child, url: `${at(ports.otlpHttp)}/v1/logs`, http: at(ports.http) };
};

const acknowledged: number[] = [];
let next = 0;

/** Sends numbered lines until told to stop, or until nobody answers. */
const load = (url: string) => {
  let stopped = false;
  const send = async (): Promise<void> => {
    while (!stopped) {
      const n = next++;
      const body = JSON.stringify({
        resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: `number ${n}` } }] }] }],
      });
      const headers = { 'content-type': 'application/json' };
      const signal = AbortSignal.timeout(30_000);
      const answer = await fetch(url, { method: 'POST', headers, body, signal }).catch(() => undefined);
      if (answer?.status === 200) acknowledged.push(n);
      else return;
    }
  };
  const senders = [send(), send(), send()];
  return async () => {
    stopped = true;
    await Promise.all(senders);
  };
};

/** How often each number is in the table; the program must not run meanwhile. */
const stored = async (from: string): Promise<Map<number, number>> => {
  const telemetry = await openEmbeddedTelemetry({ directory: from });
  const rows = await telemetry.inspect<{ n: number; times: number }>(
    `SELECT toUInt32(splitByChar(' ', body)[2]) AS n, toUInt32(count()) AS times FROM logs
     WHERE body LIKE 'number %' GROUP BY n`,
  );
  await telemetry.close();
  return new Map(rows.map(({ n, times }) => [n, times]));
};

const expectOnce = (times: ReadonlyMap<number, number>, numbers: readonly number[]): void => {
  expect(numbers.filter((n) => times.get(n) !== 1)).toEqual([]);
  expect([...times].filter(([n, count]) => count !== 1 || n >= next)).toEqual([]);
};

/** Everything that was sent before is in the table. */
const caughtUp = async (http: string): Promise<void> => {
  const lag = async () => {
    const response = await fetch(`${http}/api/v1/pipeline`, { signal: AbortSignal.timeout(10_000) });
    const { data } = (await response.json()) as { data: { processors: { name: string; lag: number | null }[] } };
    return data.processors.find(({ name }) => name === 'store-logs')?.lag;
  };
  await expect.poll(lag, { timeout: 60_000 }).toBe(0);
};

test('killed in the middle of a backup it loses nothing, and from the one that succeeds all is there again', async () => {
  const target = join(directory, 'backup');
  for (const moment of [/are to be copied/, /processors paused for/]) {
    const { child, url } = await start();
    const stop = load(url);
    await expect.poll(() => acknowledged.length % 1000).toBeGreaterThan(100);
    const backup = run(['backup', '--to', target]);
    const output = text(backup.stderr!);
    await printed(backup, moment);
    await end(child, 'SIGKILL');
    await stop();
    if (backup.exitCode === null) await once(backup, 'exit');
    expect([await output, backup.exitCode]).toEqual(['Syntra ended before the backup was whole: there is none.\n', 1]);
    const restore = run(['restore', '--from', target], join(directory, 'no'));
    expect(await text(restore.stderr!)).toContain('was not finished');
  }
  const { child, url } = await start();
  expect(await readdir(join(dataDir, 'chdb'))).not.toContain('shadow');
  const stop = load(url);
  const before = [...acknowledged];
  const backup = run(['backup', '--to', target]);
  expect(await text(backup.stdout!)).toMatch(/is whole: /);
  await stop();
  expect(await end(child, 'SIGTERM')).toEqual([0, null]);

  const restored = join(directory, 'restored');
  const restore = run(['restore', '--from', target], restored);
  expect(await text(restore.stdout!)).toContain(`${restored} is as it was then.`);
  for (const [place, numbers] of [
    [dataDir, acknowledged],
    [restored, before],
  ] as const) {
    const again = await start(place);
    await caughtUp(again.http);
    expect(await end(again.child, 'SIGTERM')).toEqual([0, null]);
    expectOnce(await stored(place), numbers);
  }
}, 240_000);
