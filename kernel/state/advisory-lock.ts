/** Work that one process at a time may do, of all that share the state store: an advisory lock of PostgreSQL. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';

/** Any name will do, as long as all versions of the program mean the same by it. */
export const lockOf = (name: string): string => createHash('sha256').update(name).digest().readBigInt64BE().toString();

/**
 * Runs `work` in a transaction that holds the lock and has no limits of time; commits when it resolves. Waits for others
 * however long they take. When the connection breaks, the lock is lost and the transaction undone while `work` may still
 * run: what it does elsewhere must do no harm beside another run of it.
 */
export const underLock = async <Result>(
  pool: pg.Pool,
  lock: string,
  work: (client: pg.PoolClient) => Promise<Result>,
): Promise<Result> => {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query('set local statement_timeout = 0');
    await client.query('set local idle_in_transaction_session_timeout = 0');
    // Asked again and again, so that each question is short: one that waits looks like one to a server that is dead.
    while (!(await isTaken(client, lock))) await sleep(pollMs);
    const result = await work(client);
    await client.query('commit');
    client.release();
    return result;
  } catch (error) {
    // A closed connection takes its transaction with it.
    client.release(true);
    throw error;
  }
};

const isTaken = async (client: pg.PoolClient, lock: string): Promise<boolean> => {
  const { rows } = await client.query<{ taken: boolean }>('select pg_try_advisory_xact_lock($1) as taken', [lock]);
  return rows[0]!.taken;
};

const pollMs = 100;
