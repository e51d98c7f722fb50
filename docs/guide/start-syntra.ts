/**
 * Starts Syntra as its users do, in a process of its own, on free ports and with an empty directory; for whatever has to
 * see the whole of it: the chapters of this guide, tests with other people's SDKs, benchmarks.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface StartOptions {
  /** A directory to start in again; without one, a new directory is made and removed with `stop`. */
  readonly dataDir?: string;
  /** Settings besides those about addresses and the directory. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface RunningSyntra {
  readonly dataDir: string;
  /** The explorer and the API, e.g. http://127.0.0.1:41207. */
  readonly url: string;
  readonly otlpHttpUrl: string;
  readonly otlpGrpcUrl: string;
  readonly pid: number;
  /** All it has printed so far. */
  output(): string;
  /** Asks it to end as an operator would, with SIGTERM, and waits for it. */
  stop(): Promise<Exit>;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

interface Ports {
  readonly http: number;
  readonly otlpHttp: number;
  readonly otlpGrpc: number;
}

const startTimeoutMs = 60_000;
const stopTimeoutMs = 60_000;

/** Resolves when every dependency answers. @throws Error with the output when it ended or never became ready. */
export const startSyntra = async (options: StartOptions = {}): Promise<RunningSyntra> => {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'syntra-guide-')));
  await rm(join(dataDir, 'ports.json'), { force: true });
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../main.ts')], {
    env: { ...process.env, ...onFreePorts, ...options.env, SYNTRA_DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printed: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => printed.push(text));
  }
  const output = (): string => printed.join('');
  let exit: Exit | undefined;
  const exited = once(child, 'close').then(([code, signal]): Exit => {
    exit = { code, signal };
    return exit;
  });

  const stop = async (): Promise<Exit> => {
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
    const how = await exited;
    clearTimeout(force);
    if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
    return how;
  };

  const deadlineMs = Date.now() + startTimeoutMs;
  while (exit === undefined && Date.now() < deadlineMs) {
    const ports = await readPorts(dataDir);
    if (ports && (await isReady(ports.http))) {
      return {
        dataDir,
        url: `http://127.0.0.1:${ports.http}`,
        otlpHttpUrl: `http://127.0.0.1:${ports.otlpHttp}`,
        otlpGrpcUrl: `http://127.0.0.1:${ports.otlpGrpc}`,
        pid: child.pid!,
        output,
        stop,
      };
    }
    await sleep(50);
  }
  const how = exit ? `ended with ${JSON.stringify(exit)}` : `was not ready within ${startTimeoutMs} ms`;
  await stop();
  throw new Error(`Syntra ${how}. It had printed:\n${output()}`);
};

/** Ports of 0 are any free ones: several can run at once, and none meets one that somebody really uses. */
const onFreePorts = {
  SYNTRA_HOST: '127.0.0.1',
  SYNTRA_PORT: '0',
  SYNTRA_OTLP_HTTP_PORT: '0',
  SYNTRA_OTLP_GRPC_PORT: '0',
};

/** Undefined until it is written: the last thing that a starting Syntra does. */
const readPorts = async (dataDir: string): Promise<Ports | undefined> => {
  try {
    return JSON.parse(await readFile(join(dataDir, 'ports.json'), 'utf8')) as Ports;
  } catch {
    return undefined;
  }
};

const isReady = async (port: number): Promise<boolean> => {
  try {
    return (await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(5_000) })).ok;
  } catch {
    return false;
  }
};
