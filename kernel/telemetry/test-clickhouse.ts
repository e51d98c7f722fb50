/**
 * Tests only: starts a stand-in for a ClickHouse server, a process of its own on a free port of this machine. It can be
 * paused, killed, started again where it was, and told to misbehave.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ClickHouseConfig } from '../config-stores.ts';
import { pauseProcesses } from '../test-pause.ts';
import type { Fault } from './test-clickhouse-faults.ts';

export interface TestClickHouseOptions {
  /** Kept when the server stops; default: a temporary one that goes with it. */
  readonly directory?: string;
  /** Of the user `default`; default: none. */
  readonly password?: string;
}

export interface TestClickHouse {
  readonly url: string;
  /** From now on; `{ mode: 'none' }` ends it, and so does a restart. */
  fault(fault: Fault): Promise<void>;
  /** How often the fault that was set last was met. */
  faultsMet(): Promise<number>;
  /** Connections are made by the system and nobody answers. */
  pause(): void;
  resume(): void;
  /** As by a power cut of the process: connections are refused from now on. */
  kill(): Promise<void>;
  /** On the same port and data, whether it was killed before or not. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export const startClickHouse = async ({ directory, password }: TestClickHouseOptions = {}): Promise<TestClickHouse> => {
  const data = directory ?? (await mkdtemp(join(tmpdir(), 'syntra-clickhouse-')));
  let server = await start(data, 0, password);
  const { port } = server;
  const url = `http://127.0.0.1:${port}`;
  let goOn: (() => void) | undefined;
  const kill = async (): Promise<void> => {
    const { child } = server;
    goOn?.();
    goOn = undefined;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  const control = async (body?: Fault): Promise<number> => {
    const answer = await fetch(`${url}/__fault`, {
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(10_000),
    });
    return ((await answer.json()) as { met: number }).met;
  };
  return {
    url,
    async fault(fault) {
      await control(fault);
    },
    faultsMet: () => control(),
    pause() {
      goOn ??= pauseProcesses([server.child.pid!]);
    },
    resume() {
      goOn?.();
      goOn = undefined;
    },
    kill,
    async restart() {
      await kill();
      server = await start(data, port, password);
    },
    async stop() {
      await kill();
      if (directory === undefined) await rm(data, { recursive: true, force: true });
    },
  };
};

/**
 * A database of its own, on the server that SYNTRA_TEST_CLICKHOUSE_URL names (a user and a password may be in it) or
 * else on a stand-in that ends with it.
 */
export const freshClickHouseDatabase = async (): Promise<{ config: ClickHouseConfig; stop: () => Promise<void> }> => {
  const given = process.env.SYNTRA_TEST_CLICKHOUSE_URL;
  const standIn = given ? undefined : await startClickHouse();
  const url = new URL(given ?? standIn!.url);
  const config = {
    url: url.origin,
    username: decodeURIComponent(url.username) || 'default',
    password: decodeURIComponent(url.password),
    database: `syntra_test_${randomUUID().replaceAll('-', '')}`,
  };
  const drop = async (): Promise<void> => {
    const { username, password, database } = config;
    await fetch(`${config.url}/?query=${encodeURIComponent(`DROP DATABASE IF EXISTS ${database}`)}`, {
      method: 'POST',
      headers: { 'X-ClickHouse-User': username, 'X-ClickHouse-Key': password },
    });
  };
  return { config, stop: () => (standIn ? standIn.stop() : drop()) };
};

interface Running {
  readonly child: ChildProcess;
  readonly port: number;
}

const start = async (directory: string, port: number, password = ''): Promise<Running> => {
  const script = join(import.meta.dirname, 'test-clickhouse-server.ts');
  // Its stdin is the thread it hangs on: when we end, however we end, so does it.
  const child = spawn(process.execPath, [script, directory, String(port), password], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout! });
  const exited = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`The stand-in for ClickHouse ended at its start: ${signal ?? code}.`);
  });
  exited.catch(() => {});
  const [line] = (await Promise.race([once(lines, 'line'), exited])) as [string];
  return { child, port: Number(line) };
};
