/**
 * A private PostgreSQL for an installation on one machine: the real server, on a Unix socket that only its user can
 * open, started with us and stopped with us. When it dies alone it is started again.
 */
import { realpath, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { findBinaries } from './embedded-binaries.ts';
import { databaseName, ownerRole, prepareCluster } from './embedded-cluster.ts';
import { prepareHome } from './embedded-home.ts';
import { stopLeftover } from './embedded-leftover.ts';
import { type Server, type ServerOptions, startServer } from './embedded-process.ts';
import { makeSocketDirectory, socketPort } from './embedded-socket.ts';

export interface EmbeddedPostgresOptions {
  /** An existing directory. The server's files are in `state` in it, which may be a link (`embedded-home.ts`). */
  readonly dataDir: string;
  /** Told in a sentence when the server died and when it cannot be started again. Default: console.error. */
  readonly report?: (sentence: string) => void;
}

export interface EmbeddedPostgres {
  readonly connection: pg.PoolConfig;
  /** Stops the server; connections that are still open are cut. */
  stop(): Promise<void>;
}

/**
 * Takes connections once resolved. A server that a killed process left behind is stopped first.
 * @throws EmbeddedPostgresError
 */
export const startEmbeddedPostgres = async ({
  dataDir,
  report = console.error,
}: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> => {
  const directory = await realpath(dataDir);
  const home = await prepareHome(directory);
  const binaries = await findBinaries(directory, home.user);
  const dataDirectory = await prepareCluster(home, binaries);
  await stopLeftover(dataDirectory);
  const socketDirectory = await makeSocketDirectory(home);
  const connection = { host: socketDirectory, port: socketPort, user: ownerRole, database: databaseName, ssl: false };
  const options = { postgres: binaries.postgres, dataDirectory, socketDirectory, user: home.user, connection };

  const stopping = new AbortController();
  const supervised = supervise(await startFirst(options), options, stopping.signal, report);
  return {
    connection,
    async stop() {
      stopping.abort();
      await supervised;
      await rm(socketDirectory, { recursive: true, force: true });
    },
  };
};

/**
 * When a server was killed, what is left of it holds its memory for a moment, and PostgreSQL rightly refuses to start
 * beside it.
 */
const startFirst = async (options: ServerOptions): Promise<Server> => {
  for (let triesLeft = 100; ; triesLeft--) {
    try {
      return await startServer(options);
    } catch (error) {
      if (triesLeft === 0 || !(error as Error).message.includes('shared memory block')) throw error;
      await sleep(100);
    }
  }
};

/** Resolves when the server has ended because `signal` asked for it. */
const supervise = async (
  first: Server,
  options: ServerOptions,
  signal: AbortSignal,
  report: (sentence: string) => void,
): Promise<void> => {
  let server: Server | undefined = first;
  while (server) {
    const reason = await endOf(server, signal);
    if (signal.aborted) return;
    report(`PostgreSQL ${reason}; it is started again.`);
    server = await startAgain(options, signal, report);
  }
};

const endOf = async (server: Server, signal: AbortSignal): Promise<string> => {
  const stop = (): void => void server.stop();
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop);
  const reason = await server.ended;
  signal.removeEventListener('abort', stop);
  return reason;
};

/** Tries until it succeeds: a full disk, say, may have room again. Undefined when it is to stop instead. */
const startAgain = async (
  options: ServerOptions,
  signal: AbortSignal,
  report: (sentence: string) => void,
): Promise<Server | undefined> => {
  for (let delayMs = 100; !signal.aborted; delayMs = Math.min(delayMs * 2, 10_000)) {
    try {
      await stopLeftover(options.dataDirectory);
      return await startServer(options);
    } catch (error) {
      report((error as Error).message);
      await sleep(delayMs, undefined, { signal }).catch(() => {});
    }
  }
  return undefined;
};
