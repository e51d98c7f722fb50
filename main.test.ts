/** How the program ends; that it starts and works is what the guide tells. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'syntra-main-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const start = async (): Promise<ChildProcess> => {
  const anyPort = { SYNTRA_PORT: '0', SYNTRA_OTLP_HTTP_PORT: '0', SYNTRA_OTLP_GRPC_PORT: '0' };
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], {
    env: { ...process.env, ...anyPort, SYNTRA_DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const isReady = vi.waitFor(() => expect(output).toContain('Syntra is ready'), { timeout: 25_000 });
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
  expect(await readdir(dataDir)).not.toEqual(expect.arrayContaining(['ports.json']));
  expect(await readdir(dataDir)).not.toEqual(expect.arrayContaining(['log.db-wal']));
});
