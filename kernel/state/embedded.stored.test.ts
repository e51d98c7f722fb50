import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  access,
  chmod,
  chown,
  lchown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded.ts';

const runsAsRoot = process.getuid?.() === 0;
let dataDir: string;
let running: EmbeddedPostgres[];
let reports: string[];
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'syntra-state-'));
  running = [];
  reports = [];
});
afterEach(async () => {
  for (const postgres of running) await postgres.stop();
  await rm(dataDir, { recursive: true, maxRetries: 10 });
});

const start = async (directory = dataDir): Promise<EmbeddedPostgres> => {
  const postgres = await startEmbeddedPostgres({ dataDir: directory, report: (sentence) => reports.push(sentence) });
  running.push(postgres);
  return postgres;
};

const query = async (connection: pg.ClientConfig, sql: string): Promise<Record<string, unknown>[]> => {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
};

/** Another Syntra, as far as the database goes: it starts one, stores a row in it and waits to be killed. */
const startElsewhere = async (): Promise<ChildProcess> => {
  const code = `
    const { startEmbeddedPostgres } = await import(${JSON.stringify(new URL('./embedded.ts', import.meta.url))});
    const { default: pg } = await import(${JSON.stringify(import.meta.resolve('pg'))});
    const { connection } = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)} });
    const client = new pg.Client(connection);
    await client.connect();
    await client.query('create table if not exists kept (row int)');
    await client.query('insert into kept values (1)');
    console.log('ready');`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await Promise.race([
    once(child.stdout!, 'data'),
    once(child, 'exit').then(([exitCode]) => Promise.reject(new Error(`it ended with code ${exitCode}`))),
  ]);
  return child;
};

const kill = async (child: ChildProcess): Promise<void> => {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
};

const serverPid = async (): Promise<number> =>
  Number((await readFile(join(dataDir, 'state/data/postmaster.pid'), 'utf8')).split('\n')[0]);

interface Process {
  readonly pid: number;
  readonly parentPid: number;
  readonly commandLine: string;
}

/** All there are, but for those that ended and that nobody has reaped. */
const processes = async (): Promise<Process[]> => {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-ww', '-o', 'pid=,ppid=,stat=,args='], {
    maxBuffer: 2 ** 26,
  });
  return [...stdout.matchAll(/^\s*(\d+)\s+(\d+)\s+([^Z\s]\S*)\s+(.*)$/gm)].map(([, pid, parentPid, , commandLine]) => ({
    pid: Number(pid),
    parentPid: Number(parentPid),
    commandLine: commandLine!,
  }));
};

const hasEnded = async (pid: number): Promise<boolean> => !(await processes()).some((process) => process.pid === pid);

const watcherPid = async (): Promise<number> => {
  const all = await processes();
  return all.find(({ commandLine }) => commandLine.includes('read -r word') && commandLine.includes(dataDir))!.pid;
};

test('is a durable PostgreSQL 18 that only its own user can reach', async () => {
  const { connection } = await start();
  const [settings] = await query(
    connection,
    `select current_setting('server_version_num')::int / 10000 as major, current_setting('fsync') as fsync,
       current_setting('synchronous_commit') as synchronous, current_setting('full_page_writes') as pages,
       current_setting('listen_addresses') as addresses, current_setting('data_checksums') as checksums,
       (select datcollate || ' ' || datlocprovider::text from pg_database where datname = current_database()) as locale`,
  );
  expect(settings).toEqual({
    major: 18,
    fsync: 'on',
    synchronous: 'on',
    pages: 'on',
    addresses: '',
    checksums: 'on',
    locale: 'C b',
  });
  for (const path of ['state', 'state/data', 'state/socket', 'state/socket/.s.PGSQL.5432']) {
    expect((await stat(join(dataDir, path))).mode & 0o077, path).toBe(0);
  }
  const other = await stat(join(dataDir, 'state/data'));
  expect(other.uid).toBe(runsAsRoot ? 65_530 : process.getuid!());
});

test('keeps its rows over a stop, which leaves no process behind', async () => {
  const first = await start();
  await query(first.connection, 'create table kept as select 42 as row');
  const pid = await serverPid();
  await first.stop();
  expect(await hasEnded(pid)).toBe(true);
  const second = await start();
  expect(await query(second.connection, 'select row from kept')).toEqual([{ row: 42 }]);
});

test('stops by itself when the process that started it is killed', async () => {
  const child = await startElsewhere();
  const pid = await serverPid();
  await kill(child);
  await vi.waitFor(async () => expect(await hasEnded(pid)).toBe(true), 20_000);
  await expect(access(join(dataDir, 'state/data/postmaster.pid'))).rejects.toThrow('ENOENT');
  const { connection } = await start();
  expect(await query(connection, 'select row from kept')).toEqual([{ row: 1 }]);
});

test('is stopped by the next start when it was left behind', async () => {
  const child = await startElsewhere();
  const pid = await serverPid();
  process.kill(await watcherPid(), 'SIGKILL');
  await kill(child);
  expect(await hasEnded(pid)).toBe(false);
  const { connection } = await start();
  expect(await hasEnded(pid)).toBe(true);
  expect(await query(connection, 'select row from kept')).toEqual([{ row: 1 }]);
});

test('waits for what is left of a server that was killed', async () => {
  const child = await startElsewhere();
  const pid = await serverPid();
  // A process of the server that does not notice that its parent is gone.
  const survivor = (await processes()).find(({ parentPid }) => parentPid === pid)!;
  process.kill(survivor.pid, 'SIGSTOP');
  process.kill(pid, 'SIGKILL');
  await kill(child);
  const starting = start();
  const first = await Promise.race([starting.then(() => 'started'), wasRefused(pid).then(() => 'waits')]);
  process.kill(survivor.pid, 'SIGCONT');
  expect(first).toBe('waits');
  expect(await query((await starting).connection, 'select row from kept')).toEqual([{ row: 1 }]);
});

/** Resolves when a server after `pid` has written its lock file and taken it back. */
const wasRefused = async (pid: number): Promise<void> => {
  const fast = { interval: 1, timeout: 20_000 };
  await vi.waitFor(async () => expect(await serverPid()).not.toBe(pid), fast);
  await vi.waitFor(() => expect(serverPid()).rejects.toThrow('ENOENT'), fast);
};

test('is started again when it is killed alone, with everything that was committed', async () => {
  const { connection } = await start();
  const pool = new pg.Pool({ ...connection, max: 2 });
  pool.on('error', () => {});
  await pool.query('create table kept (row int)');
  for (let row = 0; row < 3; row++) {
    await pool.query('insert into kept values ($1)', [row]);
    const pid = await serverPid();
    process.kill(pid, 'SIGKILL');
    await vi.waitFor(async () => expect(await serverPid()).not.toBe(pid), 20_000);
    await vi.waitFor(() => pool.query('select 1'), 20_000);
  }
  expect((await pool.query('select row from kept order by row')).rows).toEqual([{ row: 0 }, { row: 1 }, { row: 2 }]);
  expect(reports).toHaveLength(3);
  expect(reports[0]).toMatch(/^PostgreSQL ended by SIGKILL .*; it is started again\.$/);
  await pool.end();
});

test('refuses a directory whose server is in use, which goes on undisturbed', async () => {
  const child = await startElsewhere();
  await expect(start()).rejects.toThrow(`is in use by process ${child.pid}: stop that first.`);
  const socket = { host: join(dataDir, 'state/socket'), user: 'syntra', database: 'postgres' };
  expect(await query(socket, 'select row from kept')).toEqual([{ row: 1 }]);
  await kill(child);
});

test('is not misled by a lock file that names a process of somebody else', async () => {
  const first = await start();
  const lockFile = join(dataDir, 'state/data/postmaster.pid');
  const lock = await readFile(lockFile, 'utf8');
  await first.stop();
  const foreign = lock.replace(/^\d+/, String(process.pid));
  await writeFile(lockFile, foreign);
  const socketDirectory = join(dataDir, 'state/socket');
  await mkdir(socketDirectory, { mode: 0o700 });
  await writeFile(join(socketDirectory, '.s.PGSQL.5432.lock'), foreign);
  const { uid, gid } = await stat(join(dataDir, 'state/data'));
  await chown(socketDirectory, uid, gid);
  expect(await query((await start()).connection, 'select 1 as row')).toEqual([{ row: 1 }]);
});

test('leaves data of another version as they are', async () => {
  await (await start()).stop();
  const versionFile = join(dataDir, 'state/data/PG_VERSION');
  await writeFile(versionFile, '19\n');
  const before = await snapshot();
  await expect(start()).rejects.toThrow(
    /was written by PostgreSQL 19, and this Syntra brings 18: .*nothing was changed/,
  );
  expect(await snapshot()).toEqual(before);
});

/** Every file with its size and time of change. */
const snapshot = async (): Promise<string[]> => {
  const paths = await readdir(join(dataDir, 'state/data'), { recursive: true });
  return Promise.all(
    paths.sort().map(async (path) => {
      const { size, mtimeMs } = await stat(join(dataDir, 'state/data', path));
      return `${path} ${size} ${mtimeMs}`;
    }),
  );
};

test('starts over when the first start was cut off', async () => {
  await mkdir(join(dataDir, 'state/data.unfinished/base'), { recursive: true, mode: 0o700 });
  await writeFile(join(dataDir, 'state/data.unfinished/PG_VERSION'), '18\n');
  // Root lends the directory to nobody while initdb runs.
  if (runsAsRoot) await chown(join(dataDir, 'state'), 65_534, 65_530);
  expect(await query((await start()).connection, 'select 1 as row')).toEqual([{ row: 1 }]);
  expect((await stat(join(dataDir, 'state'))).uid).toBe(runsAsRoot ? 65_530 : process.getuid!());
});

test('works in a directory with an unusual name', async () => {
  const odd = join(dataDir, `it's, an "odd" nàme; $HOME`);
  await mkdir(odd);
  await chmod(dataDir, 0o711);
  const first = await start(odd);
  await expect(start(odd)).rejects.toThrow(`is in use by process ${process.pid}`);
  expect(await query(first.connection, 'select 1 as row')).toEqual([{ row: 1 }]);
});

test('finds another place for the socket when the path is too long for one', async () => {
  const long = join(dataDir, 'a-directory-with-a-name-that-goes-on'.repeat(3), 'and-on');
  await mkdir(long, { recursive: true });
  await chmod(dataDir, 0o711);
  const postgres = await start(long);
  const host = postgres.connection.host!;
  expect(host).toMatch(/^\/tmp\/syntra-[0-9a-f]{16}$/);
  expect((await stat(host)).mode & 0o777).toBe(0o700);
  expect(await query(postgres.connection, 'select 1 as row')).toEqual([{ row: 1 }]);
  await postgres.stop();
  await expect(access(host)).rejects.toThrow('ENOENT');
});

// Nobody else may take another user's name, so these say something of root alone.
if (runsAsRoot) {
  test('started by root where no other user can get to, it lives elsewhere', async () => {
    const closed = join(dataDir, 'closed');
    const inside = join(closed, 'data');
    await mkdir(closed, { mode: 0o700 });
    await mkdir(inside, { mode: 0o755 });
    const first = await start(inside);
    const elsewhere = await readlink(join(inside, 'state'));
    try {
      expect(elsewhere).toMatch(/^\/var\/lib\/syntra\/state-\w{6}$/);
      expect((await stat(elsewhere)).mode & 0o777).toBe(0o700);
      await query(first.connection, 'create table kept as select 42 as row');
      await first.stop();
      const second = await start(inside);
      expect(await query(second.connection, 'select row from kept')).toEqual([{ row: 42 }]);
      await second.stop();
      expect((await stat(closed)).mode & 0o777).toBe(0o700);
    } finally {
      await rm(elsewhere, { recursive: true });
    }
  });

  test('started by root it does not give away what somebody else has linked to', async () => {
    const precious = join(dataDir, 'precious');
    await mkdir(precious, { mode: 0o755 });
    await symlink(precious, join(dataDir, 'state'));
    await lchown(join(dataDir, 'state'), 1000, 1000);
    await expect(start()).rejects.toThrow(/is a link that user 1000 made, and root must not follow it/);
    expect((await stat(precious)).uid).toBe(0);
  });

  test('started by root in a directory that is closed to all, only its own group may pass', async () => {
    await start();
    const { mode, uid, gid } = await stat(dataDir);
    expect([mode & 0o777, uid, gid]).toEqual([0o710, 0, 65_530]);
  });
}
