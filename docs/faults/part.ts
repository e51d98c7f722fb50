/** One process of the product, at addresses that stay its own however often it is killed and started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Role } from '../../kernel/config.ts';
import { freePort } from './free-port.ts';

export interface PartOptions {
  readonly name: string;
  /** All, when none is named. */
  readonly roles: readonly Role[];
  readonly host: string;
  readonly env: Readonly<Record<string, string>>;
  /** Put in front of the command, e.g. to run it in a network namespace. It must become the command. */
  readonly wrapper?: readonly string[];
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Part {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly url: string;
  readonly ingest: { readonly http: string; readonly grpc: string };
  readonly isRunning: boolean;
  readonly pid: number;
  /** Resolves when it is ready, or how it ended before it was. Settings are for this life alone. */
  start(env?: Readonly<Record<string, string>>): Promise<'ready' | Exit>;
  signal(signal: NodeJS.Signals): void;
  /** Resolves when it is gone, by itself or by a signal. */
  readonly exited: Promise<Exit>;
  /** SIGTERM, and waits. @throws Error when it does not end in order */
  stop(): Promise<void>;
  /** SIGKILL, and waits. */
  kill(): Promise<void>;
  /** What its last lives have printed. */
  output(): string;
}

const root = join(import.meta.dirname, '../..');
const preloads = ['kill-at', 'shifted-clock', 'end-with-parent'].map((name) => join(import.meta.dirname, `${name}.ts`));
const startTimeoutMs = 120_000;
const stopTimeoutMs = 40_000;

export const createPart = async ({ name, roles, host, env, wrapper = [] }: PartOptions): Promise<Part> => {
  const [port, httpPort, grpcPort] = [await freePort(), await freePort(), await freePort()];
  const url = `http://${host}:${port}`;
  const printed: string[] = [];
  let child: ChildProcess | undefined;
  let exit: Exit | undefined;
  let exited: Promise<Exit> = Promise.resolve({ code: 0, signal: null });

  const spawnNow = (extra: Readonly<Record<string, string>>): void => {
    const script = [
      ...preloads.flatMap((path) => ['--import', path]),
      join(root, 'main.ts'),
      ...roles.flatMap((role) => ['--role', role]),
    ];
    const [command, ...args] = [...wrapper, process.execPath, ...script];
    const started = spawn(command!, args, {
      env: {
        ...process.env,
        SYNTRA_HOST: host,
        SYNTRA_PORT: String(port),
        SYNTRA_OTLP_HTTP_PORT: String(httpPort),
        SYNTRA_OTLP_GRPC_PORT: String(grpcPort),
        ...env,
        ...extra,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child = started;
    exit = undefined;
    for (const stream of [started.stdout, started.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        printed.push(text);
        if (printed.length > 2000) printed.shift();
      });
    }
    exited = once(started, 'exit').then(([code, signal]): Exit => {
      exit = { code, signal };
      return exit;
    });
  };

  const part: Part = {
    name,
    roles,
    url,
    ingest: { http: `http://${host}:${httpPort}`, grpc: `${host}:${grpcPort}` },
    get isRunning() {
      return child !== undefined && exit === undefined;
    },
    get pid() {
      return child!.pid!;
    },
    get exited() {
      return exited;
    },
    async start(extra = {}) {
      if (part.isRunning) throw new Error(`${name} is running already.`);
      spawnNow(extra);
      const deadlineMs = performance.now() + startTimeoutMs;
      while (exit === undefined) {
        if (await isReady(url)) return 'ready';
        if (performance.now() > deadlineMs) {
          await part.kill();
          throw new Error(`${name} was not ready within ${startTimeoutMs} ms. It printed:\n${part.output()}`);
        }
        await sleep(25);
      }
      return exit;
    },
    signal(signal) {
      if (part.isRunning) child!.kill(signal);
    },
    async stop() {
      if (!part.isRunning) return;
      child!.kill('SIGTERM');
      const force = setTimeout(() => child!.kill('SIGKILL'), stopTimeoutMs);
      const how = await exited;
      clearTimeout(force);
      if (how.code !== 0) throw new Error(`${name} ended with ${JSON.stringify(how)}. It printed:\n${part.output()}`);
    },
    async kill() {
      if (!part.isRunning) return;
      child!.kill('SIGKILL');
      await exited;
    },
    output: () => printed.join('').slice(-8_000),
  };
  return part;
};

/** What /readyz says under this address. */
export const isReady = async (url: string): Promise<boolean> => {
  try {
    return (await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) })).ok;
  } catch {
    return false;
  }
};
