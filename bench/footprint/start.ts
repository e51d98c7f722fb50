/** Syntra as `npm start` starts it, and when which part of it was there. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readProcesses } from './processes.ts';

export interface StartedSyntra {
  readonly pid: number;
  /** From the first of its processes until /readyz says 200. */
  readonly readyMs: number;
  /** Of all its processes until then. */
  readonly cpuSeconds: number;
  /** Milliseconds since the start, in order. `code` is when the program itself began. */
  readonly parts: readonly (readonly [part: string, ms: number])[];
  stop(): Promise<void>;
}

const root = join(import.meta.dirname, '../..');
const startTimeoutMs = 60_000;

/** @throws Error with what it printed when it ends or is not ready within a minute. */
export const startAsNpmDoes = async (dataDir: string): Promise<StartedSyntra> => {
  await rm(join(dataDir, 'ports.json'), { force: true });
  const fromMs = Date.now();
  const child = spawn('sh', [join(root, 'cli/start.sh')], {
    env: { ...process.env, ...settings, SYNTRA_DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const pid = child.pid!;
  const exited = once(child, 'close');
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  }
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await exited;
  };
  while (!(await isReady(dataDir))) {
    if (child.exitCode !== null || Date.now() - fromMs > startTimeoutMs) {
      await stop();
      throw new Error(`Syntra was not ready:\n${printed}`);
    }
    await sleep(5);
  }
  const readyMs = Date.now() - fromMs;
  const cpuSeconds = readProcesses(pid).reduce((sum, process) => sum + process.cpuSeconds, 0);
  return { pid, readyMs, cpuSeconds, parts: partsOf(printed, readyMs), stop };
};

const settings = {
  SYNTRA_PORT: '0',
  SYNTRA_OTLP_HTTP_PORT: '0',
  SYNTRA_OTLP_GRPC_PORT: '0',
  // Says when each part was there.
  SYNTRA_LOG_LEVEL: 'debug',
};

const isReady = async (dataDir: string): Promise<boolean> => {
  try {
    const { http } = JSON.parse(await readFile(join(dataDir, 'ports.json'), 'utf8')) as { http: number };
    return (await fetch(`http://127.0.0.1:${http}/readyz`)).ok;
  } catch {
    return false;
  }
};

/** The program counts from its own beginning; what came before that is what its whole time is short of ours. */
const partsOf = (printed: string, readyMs: number): [string, number][] => {
  const line = printed.split('\n').find((line) => line.includes('Syntra started')) ?? '';
  const own = [...line.matchAll(/(\w+)_ms=(\d+)/g)].map(([, part, ms]): [string, number] => [part!, Number(ms)]);
  const before = Math.max(0, readyMs - (own.at(-1)?.[1] ?? readyMs));
  return [['code', before], ...own.map(([part, ms]): [string, number] => [part, ms + before])];
};
