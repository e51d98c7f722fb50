/**
 * Tests only: a PostgreSQL server on a free port of this machine, as somebody else would run it: reached over TCP, with
 * a password. It can be paused, killed, and started again where it was.
 */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import type { PostgresConfig } from '../config-stores.ts';
import { pauseProcesses } from '../test-pause.ts';
import { findBinaries } from './embedded-binaries.ts';
import { databaseName, ownerRole, prepareCluster } from './embedded-cluster.ts';
import { prepareHome } from './embedded-home.ts';
import { stopLeftover } from './embedded-leftover.ts';
import { type Server, startServer } from './embedded-process.ts';
import { makeSocketDirectory } from './embedded-socket.ts';

export interface TestPostgres {
  /** Of an ordinary user who owns the database `app`. */
  readonly config: PostgresConfig;
  /** Of a superuser, past the network. */
  readonly admin: pg.PoolConfig;
  /** Connections are made by the system and nobody answers. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** All of its processes at once, as by a power cut. */
  kill(): Promise<void>;
  /** On the same port and data: in order when it runs, else where the kill left it. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

export const startPostgres = async (): Promise<TestPostgres> => {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'syntra-postgres-')));
  const home = await prepareHome(directory);
  const binaries = await findBinaries(directory, home.user);
  const dataDirectory = await prepareCluster(home, binaries);
  await writeFile(join(dataDirectory, 'pg_hba.conf'), 'local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n');
  const socketDirectory = await makeSocketDirectory(home);
  const tcpPort = await freePort();
  const admin = { host: socketDirectory, port: tcpPort, user: ownerRole, database: databaseName, ssl: false };
  const { postgres } = binaries;
  const start = async (): Promise<Server> => {
    await stopLeftover(dataDirectory);
    return startServer({ postgres, dataDirectory, socketDirectory, user: home.user, tcpPort, connection: admin });
  };
  let server = await start();
  const password = `it's @ ${randomUUID()}`;
  await makeUser(admin, password);

  const goOn: (() => void)[] = [];
  const resume = (): void => {
    for (const next of goOn.splice(0)) next();
  };
  return {
    config: { url: `postgres://app@127.0.0.1:${tcpPort}/app`, password },
    admin,
    async pause() {
      const postmaster = await postmasterOf(dataDirectory);
      // This one first: stopped, it starts no others.
      goOn.push(pauseProcesses([postmaster]));
      goOn.push(pauseProcesses(await childrenOf(postmaster)));
    },
    async resume() {
      resume();
    },
    async kill() {
      const postmaster = await postmasterOf(dataDirectory);
      goOn.push(pauseProcesses([postmaster]));
      for (const pid of [...(await childrenOf(postmaster)), postmaster]) killIfThere(pid);
      await server.ended;
      resume();
    },
    async restart() {
      resume();
      await server.stop();
      server = await start();
    },
    async stop() {
      resume();
      await server.stop();
      await rm(socketDirectory, { recursive: true, force: true });
      await rm(directory, { recursive: true, force: true });
    },
  };
};

const makeUser = async (admin: pg.ClientConfig, password: string): Promise<void> => {
  const client = new pg.Client(admin);
  await client.connect();
  await client.query(`create role app login password ${pg.escapeLiteral(password)}`);
  await client.query('create database app owner app');
  await client.end();
};

const postmasterOf = async (dataDirectory: string): Promise<number> =>
  Number((await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8')).split('\n', 1)[0]);

const childrenOf = async (parent: number): Promise<number[]> => {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=']);
  const pairs = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  return pairs.filter(([, of]) => of === parent).map(([pid]) => pid!);
};

const killIfThere = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};

/** Free a moment ago; PostgreSQL cannot be told to choose one. */
const freePort = async (): Promise<number> => {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
};
