/** Syntra as `npm start` starts it, with npm or without, and when which part of it was there. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processTree } from '../process-tree.ts';
import { readProcesses } from './processes.ts';

export interface StartedSyntra {
  readonly pid: number;
  /** npm's, where it was started by npm; otherwise its own. */
  readonly firstPid: number;
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

export interface StartOptions {
  readonly dataDir: string;
  /** Where V8 keeps what it has compiled. */
  readonly compileCache: string;
  /** With npm, which stays: default: what npm runs, alone. */
  readonly isByNpm?: boolean;
}

/** @throws Error with what it printed when it ends or is not ready within a minute. */
export const startAsNpmDoes = async ({ dataDir, compileCache, isByNpm }: StartOptions): Promise<StartedSyntra> => {
  await rm(join(dataDir, 'ports.json'), { force: true });
  const fromMs = Date.now();
  const [command, ...args] = isByNpm ? ['npm', 'start'] : ['sh', 'cli/start.sh'];
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, ...settings, SYNTRA_DATA_DIR: dataDir, NODE_COMPILE_CACHE: compileCache },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const firstPid = child.pid!;
  const exited = once(child, 'close');
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  }
  const stop = async (): Promise<void> => {
    // Syntra itself: npm ends with it.
    if (child.exitCode === null && child.signalCode === null) process.kill(pidOfSyntra(firstPid), 'SIGTERM');
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
  const pid = pidOfSyntra(firstPid);
  const cpuSeconds = readProcesses(pid).reduce((sum, process) => sum + process.cpuSeconds, 0);
  return { pid, firstPid, readyMs, cpuSeconds, parts: partsOf(printed, readyMs), stop };
};

const settings = {
  SYNTRA_PORT: '0',
  SYNTRA_OTLP_HTTP_PORT: '0',
  SYNTRA_OTLP_GRPC_PORT: '0',
  // Says when each part was there.
  SYNTRA_LOG_LEVEL: 'debug',
};

/** The first of the tree that runs our program; the first of all while there is none. */
const pidOfSyntra = (firstPid: number): number =>
  processTree(firstPid).find((pid) => commandOf(pid).includes('main.ts')) ?? firstPid;

/** Of one that is gone: nothing. */
const commandOf = (pid: number): readonly string[] => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
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
