/**
 * The state store's part of a backup: PostgreSQL's own base backup (https://www.postgresql.org/docs/18/continuous-archiving.html#BACKUP-LOWLEVEL-BASE-BACKUP).
 * Its files are copied beforehand, as they come; the log that was written meanwhile makes them whole again, up to the
 * moment at which the backup is stopped. That moment is the backup's.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as later } from 'node:timers/promises';
import pg from 'pg';
import type { Queries } from '../state/database.ts';
import { sql } from '../state/drizzle.ts';
import { type Files, filesBelow, sizeBelow } from './files.ts';

export interface StatePart {
  measure(): Promise<number>;
  /** Copies everything but the write-ahead log. */
  copy(files: Files): Promise<void>;
  /** The moment. */
  take(): Promise<void>;
  /** Copies the write-ahead log up to the moment. */
  write(files: Files): Promise<void>;
  /** Ends the session; the server takes that for the end of a backup that was not stopped. */
  close(): Promise<void>;
}

export const stateRoot = 'state';

/** @param queries of the private PostgreSQL's owner */
export const openStatePart = async (queries: Queries): Promise<StatePart> => {
  const client = new pg.Client({ ...(await socketOf(queries)), application_name: 'syntra backup' });
  // A connection that breaks fails the statement that needs it.
  client.on('error', () => {});
  await client.connect();
  const one = async <Row extends pg.QueryResultRow>(statement: string): Promise<Row> =>
    (await client.query<Row>(statement)).rows[0]!;
  const { directory } = await one<{ directory: string }>(`SELECT current_setting('data_directory') AS directory`);
  let first = '';
  let last = '';
  let label = '';

  return {
    measure: () => sizeBelow(directory),
    async copy(files) {
      // Ends with the session, and until then keeps the log that is written from now on.
      await client.query(`SELECT pg_create_physical_replication_slot('backup_' || pg_backend_pid(), true, true)`);
      const start = await one<{ segment: string }>(
        `SELECT pg_walfile_name(pg_backup_start('syntra', true)) AS segment`,
      );
      first = start.segment;
      await files.copy(filesBelow(directory, stateRoot, isLeftOut), true);
      await files.write(control, await readWhole(join(directory, 'global', 'pg_control')));
    },
    async take() {
      const stop = await one<{ segment: string; labelfile: string }>(
        'SELECT pg_walfile_name(lsn) AS segment, labelfile FROM pg_backup_stop(false)',
      );
      ({ segment: last, labelfile: label } = stop);
    },
    async write(files) {
      const wal = join(directory, 'pg_wal');
      const segments = (await readdir(wal)).filter(
        (name) => /^[0-9A-F]{24}$/.test(name) && name >= first && name <= last,
      );
      await files.copy(segments.map((name) => ({ from: join(wal, name), path: join(stateRoot, 'pg_wal', name) })));
      await files.write(join(stateRoot, 'backup_label'), Buffer.from(label));
    },
    close: () => client.end().catch(() => {}),
  };
};

/** A backup needs a session of its own, for as long as it takes. */
const socketOf = async (queries: Queries): Promise<pg.ClientConfig> => {
  const { rows } = await queries.execute<{ host: string; port: string; user: string; database: string }>(sql`
    select current_setting('unix_socket_directories') as host, current_setting('port') as port,
      current_user as user, current_database() as database`);
  const { host, port, ...names } = rows[0]!;
  // A list of one, quoted as `embedded-process.ts` does.
  return { host: host.slice(1, -1).replaceAll('""', '"'), port: Number(port), ...names };
};

const control = join(stateRoot, 'global', 'pg_control');

/** What the manual says to leave out: of the running server alone, or made anew by the next one. Directories stay. */
const isLeftOut = (path: string): boolean =>
  path === control ||
  /^state\/(postmaster\.(pid|opts)|current_logfiles|backup_label\.old|backup_manifest|(pg_wal|pg_replslot|pg_dynshmem|pg_notify|pg_serial|pg_snapshots|pg_stat_tmp|pg_subtrans)\/.+)$/.test(
    path,
  ) ||
  /\/(pgsql_tmp[^/]*|pg_internal\.init[^/]*)$/.test(path);

/** The server rewrites this one in place: what is read twice the same was not being written. */
const readWhole = async (path: string): Promise<Buffer> => {
  for (let before = await readFile(path); ; ) {
    await later();
    const after = await readFile(path);
    if (after.equals(before)) return after;
    before = after;
  }
};
