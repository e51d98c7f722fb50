/**
 * One run of the PostgreSQL server. It is our child in a process group of its own, so that Ctrl-C reaches us alone and
 * we can finish what needs the database. Between us stands a watcher, a shell that waits on a pipe: when we die, however
 * we die, the pipe closes and the watcher asks the server to shut down.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { environment } from './embedded-cluster.ts';
import { EmbeddedPostgresError } from './embedded-error.ts';
import { clusterName } from './embedded-leftover.ts';
import type { ProcessUser } from './embedded-user.ts';

export interface ServerOptions {
  /** Path of the program. */
  readonly postgres: string;
  readonly dataDirectory: string;
  readonly socketDirectory: string;
  readonly user: ProcessUser | undefined;
  /** On the loopback interface, besides the socket; default: none. */
  readonly tcpPort?: number;
  /** Used to see when it is ready. */
  readonly connection: pg.ClientConfig;
}

export interface Server {
  /** Resolves when all processes of the server are gone; says how it ended and its last word. */
  readonly ended: Promise<string>;
  /** Fast shutdown: open transactions are rolled back, everything committed is on disk. */
  stop(): Promise<void>;
}

/** Resolves when the server answers. @throws EmbeddedPostgresError when it ends before that, or takes over a minute. */
export const startServer = async (options: ServerOptions): Promise<Server> => {
  const child = spawn('/bin/sh', ['-c', watched, 'sh', options.postgres, ...settings(options)], {
    ...options.user,
    cwd: '/',
    env: environment,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  const stderr = child.stderr as Socket;
  const watcher = child.stdio[3] as Socket;
  watcher.on('error', () => {});
  const lastWord = keepLastWord(stderr);
  // The number of the dead server may soon be somebody else's: the watcher must not signal it.
  child.once('exit', () => watcher.end('gone\n'));
  const ended = endOf(child).then((how) => `${how} (${lastWord()})`);
  const server: Server = {
    ended,
    async stop() {
      for (const handle of [child, stderr, watcher]) handle.ref();
      child.kill('SIGINT');
      const stuck = setTimeout(() => child.kill('SIGQUIT'), 15_000);
      await ended;
      clearTimeout(stuck);
    },
  };
  if (!(await isReady(options.connection, ended))) {
    throw new EmbeddedPostgresError(
      `PostgreSQL did not start in ${options.dataDirectory}, it ${await endNow(server)}.`,
    );
  }
  // From now on the server alone must not keep our process from ending: the watcher stops it then.
  for (const handle of [child, stderr, watcher]) handle.unref();
  return server;
};

/**
 * The shell becomes the server, so the child's number is the server's. The watcher is made in a subshell that ends at
 * once: as a child of the server it would be taken for one of its own processes. It lets go of stderr, because the end
 * of that tells us that every process of the server is gone.
 */
const watched = `( (read -r word <&3; [ "$word" = gone ] || kill -INT $$) 2>/dev/null & ); exec "$@" 3<&-`;

/** All settings travel on the command line: a new version of Syntra has nothing to change in the data directory. */
const settings = ({ dataDirectory, socketDirectory, tcpPort }: ServerOptions): string[] => [
  '-D',
  dataDirectory,
  ...Object.entries({
    ...(tcpPort === undefined ? { listen_addresses: '' } : { listen_addresses: '127.0.0.1', port: String(tcpPort) }),
    // A list, where quotes keep a comma in a name from dividing it.
    unix_socket_directories: `"${socketDirectory.replaceAll('"', '""')}"`,
    unix_socket_permissions: '0700',
    cluster_name: clusterName(process.pid),
    max_connections: '40',
    // A small machine's share, and no processes that nobody needs: no replication, no parallel queries.
    shared_buffers: '16MB',
    work_mem: '4MB',
    maintenance_work_mem: '32MB',
    max_wal_size: '256MB',
    // What a backup of the running server takes; minimal would spare next to nothing.
    wal_level: 'replica',
    max_wal_senders: '0',
    max_logical_replication_workers: '0',
    max_parallel_workers: '0',
    max_parallel_workers_per_gather: '0',
    max_parallel_maintenance_workers: '0',
    autovacuum_max_workers: '1',
    io_method: 'sync',
    // Woken five times a second, for a cache of 16 MB that a checkpoint writes as well; and twice for commits that do not
    // wait for the disk, of which we have none.
    bgwriter_lru_maxpages: '0',
    bgwriter_delay: '10s',
    wal_writer_delay: '10s',
    jit: 'off',
    huge_pages: 'off',
    // Failed statements are told to whoever sent them.
    log_min_messages: 'log',
    log_checkpoints: 'off',
    log_timezone: 'UTC',
    timezone: 'UTC',
  }).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
];

const endOf = async (child: ChildProcess): Promise<string> => {
  try {
    const [code, signal] = await once(child, 'close');
    return signal ? `ended by ${signal}` : `ended with code ${code}`;
  } catch (error) {
    return String(error);
  }
};

/** What it died of, if it said so; else the last thing it said. */
const keepLastWord = (stream: Socket): (() => string) => {
  const lines: string[] = [];
  stream.setEncoding('utf8').on('data', (text: string) => {
    lines.push(...text.split('\n').filter((line) => line !== '' && !line.includes(stillStarting)));
    lines.splice(0, lines.length - 20);
  });
  return () => lines.findLast((line) => /FATAL|PANIC/.test(line)) ?? lines.at(-1) ?? 'it said nothing';
};

/** Told to those who ask too early, as we do. */
const stillStarting = 'the database system is starting up';

/** Asks until it answers: recovery after a crash may take a while. False when it ended, or after a minute. */
const isReady = async (connection: pg.ClientConfig, ended: Promise<string>): Promise<boolean> => {
  let over = false;
  void ended.then(() => {
    over = true;
  });
  const deadlineMs = performance.now() + 60_000;
  while (!over && performance.now() < deadlineMs) {
    const client = new pg.Client(connection);
    client.on('error', () => {});
    try {
      await client.connect();
      await client.end();
      return true;
    } catch {
      await sleep(10);
    }
  }
  return false;
};

const endNow = async (server: Server): Promise<string> => {
  await server.stop();
  return server.ended;
};
