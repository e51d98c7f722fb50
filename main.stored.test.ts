/** How the program ends; that it starts and works is what the guide tells. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

vi.setConfig({ testTimeout: 120_000 });

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'syntra-main-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const run = (settings: Record<string, string> = {}): ChildProcess => {
  const anyPort = { SYNTRA_PORT: '0', SYNTRA_OTLP_HTTP_PORT: '0', SYNTRA_OTLP_GRPC_PORT: '0' };
  return spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], {
    env: { ...process.env, ...anyPort, ...settings, SYNTRA_DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
};

const start = async (): Promise<ChildProcess> => {
  const child = run();
  let output = '';
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding('utf8').on('data', (printed: string) => {
      output += printed;
    });
  }
  const isReady = vi.waitFor(() => expect(output).toContain('Syntra is ready'), { timeout: 60_000 });
  await isReady.catch((error: unknown) => {
    child.kill('SIGKILL');
    throw error;
  });
  return child;
};

test('finishes in order when it is told to stop twice, and nobody reads any more what it prints', async () => {
  const child = await start();
  child.stdout?.destroy();
  child.stderr?.destroy();
  const ended = once(child, 'exit');
  child.kill('SIGHUP');
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  // Both are there only while it runs.
  const left = await readdir(dataDir);
  expect(left.filter((name) => name === 'ports.json' || name === 'log.db-wal')).toEqual([]);
});

test('ends in order while it still waits for a store, as it may for a minute', async () => {
  const child = run({ SYNTRA_POSTGRES_URL: 'postgres://nobody@127.0.0.1:1/none' });
  const ended = once(child, 'exit');
  // It holds the directory once it listens to signals.
  await vi.waitFor(async () => expect(await readdir(dataDir)).toContain('format'), { timeout: 60_000 });
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});

test('ends soon while a browser holds a connection on which it has not asked for anything', async () => {
  const child = await start();
  const ports = JSON.parse(await readFile(join(dataDir, 'ports.json'), 'utf8')) as { http: number };
  const idle = connect(ports.http, '127.0.0.1').on('error', () => {});
  await once(idle, 'connect');
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  idle.destroy();
});

test('says in a sentence that a port is taken, ends everything and leaves no ports of an earlier run', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  await writeFile(join(dataDir, 'ports.json'), '{}');
  const child = run({ SYNTRA_PORT: String(port) });
  const output = text(child.stderr!);
  expect(await once(child, 'exit')).toEqual([1, null]);
  expect(await output).toBe(
    `Port ${port} on 127.0.0.1 is in use: stop what listens there, or choose other ports with SYNTRA_PORT, SYNTRA_OTLP_HTTP_PORT and SYNTRA_OTLP_GRPC_PORT.\n`,
  );
  const left = await readdir(dataDir);
  expect(left.filter((name) => name === 'ports.json' || name === 'log.db-wal')).toEqual([]);
  taken.close();
});
