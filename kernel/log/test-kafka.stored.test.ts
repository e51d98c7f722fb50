/** A killed test must not leave brokers behind: they would hold the machine's memory until somebody wonders why. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';

test('brokers, even a paused one, and their data are gone soon after their test process was killed', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'syntra-killed-test-'));
  const script = `
    const { startKafka } = await import(${JSON.stringify(pathToFileURL(join(import.meta.dirname, 'test-kafka.ts')))});
    const kafka = await startKafka({ brokers: 3 });
    kafka.broker(0).pause();
    console.log(kafka.bootstrap.join());
    setInterval(() => {}, 1_000);
  `;
  const starter = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, TMPDIR: directory },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(starter, 'exit');
  try {
    const [line] = await Promise.race([
      once(starter.stdout, 'data'),
      exited.then(() => Promise.reject(new Error('It ended before its brokers had started.'))),
    ]);
    const ports = String(line)
      .trim()
      .split(',')
      .map((address) => Number(address.split(':')[1]));
    expect(await Promise.all(ports.map(isOpen))).toEqual([true, true, true]);
    expect(await readdir(directory)).toHaveLength(1);

    starter.kill('SIGKILL');

    await expect.poll(() => Promise.all(ports.map(isOpen))).toEqual([false, false, false]);
    await expect.poll(() => readdir(directory)).toEqual([]);
  } finally {
    starter.kill('SIGKILL');
    await exited;
    await rm(directory, { recursive: true, force: true });
  }
});

/** The kernel accepts for a paused process, too. */
const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
