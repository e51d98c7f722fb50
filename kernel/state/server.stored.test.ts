/** What a PostgreSQL server may do to us, and how whoever started Syntra is told what is wrong with it. */

import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { OperatorError } from '../operator-error.ts';
import type { Database } from './database.ts';
import { sql } from './drizzle.ts';
import { openDatabaseServer } from './server.ts';
import { organisations } from './tables.ts';
import { startPostgres, type TestPostgres } from './test-postgres.ts';

let server: TestPostgres;
let database: Database;
beforeAll(async () => {
  server = await startPostgres();
  database = await openDatabaseServer(server.config, { answerMs: 500 });
});
afterAll(async () => {
  await database.close();
  await server.stop();
});

const store = (orgId: string) => database.queries.insert(organisations).values({ orgId, name: orgId });
const stored = async (orgId: string): Promise<number> =>
  database.queries.$count(organisations, sql`${organisations.orgId} = ${orgId}`);

test('a server that is silent fails what was asked in bounded time, and is used again when it speaks', async () => {
  const begun = Promise.withResolvers<void>();
  const paused = Promise.withResolvers<void>();
  const inside = database.transaction(async (queries) => {
    await queries.insert(organisations).values({ orgId: 'half', name: 'half' });
    begun.resolve();
    await paused.promise;
    await queries.execute(sql`select 1`);
  });
  await begun.promise;
  await server.pause();
  paused.resolve();
  const answers = await Promise.allSettled([
    inside,
    database.ping(),
    database.transaction(async () => {}),
    database.exclusively('something', async () => {}),
    ...Array.from({ length: 30 }, (_, i) => store(`silent ${i}`)),
  ]);
  await server.resume();
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 'rejected'));
  await vi.waitFor(() => database.ping(), 10_000);
  await vi.waitFor(async () => expect(await stored('half')).toBe(0), 10_000);
});

test('what was committed is there after a kill, and the pool finds its way back', async () => {
  await store('kept');
  await server.kill();
  await expect(store('lost')).rejects.toThrow();
  await server.restart();
  await vi.waitFor(() => database.ping(), 10_000);
  expect(await stored('kept')).toBe(1);
  await server.restart();
  await vi.waitFor(() => database.ping(), 10_000);
});

test('a server that starts later than we do is waited for', async () => {
  await server.kill();
  const opening = openDatabaseServer(server.config);
  await expect(database.ping()).rejects.toThrow();
  await server.restart();
  await (await opening).close();
});

test('whoever started Syntra is told in a sentence, without the password, why it cannot be used', async () => {
  const { config } = server;
  const { host } = new URL(config.url);
  const refusal = async (change: { url?: string; password?: string }, startMs = 60_000): Promise<string> => {
    const error = await openDatabaseServer({ ...config, ...change }, { startMs }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(OperatorError);
    return (error as Error).message;
  };
  expect(await refusal({ password: 'a wrong secret' })).toBe(
    `PostgreSQL at ${host} does not let the user app in: check SYNTRA_POSTGRES_URL and SYNTRA_POSTGRES_PASSWORD.`,
  );
  expect(await refusal({ url: `postgres://app@${host}/nowhere` })).toBe(
    `PostgreSQL at ${host} has no database nowhere: make it, with the user app as its owner.`,
  );
  expect(await refusal({ url: `postgres://app@${host}/postgres` })).toBe(
    `PostgreSQL at ${host} does not let the user app make tables in the database postgres: make this user its owner.`,
  );
  expect(await refusal({ url: 'postgres://app@127.0.0.1:1/app' }, 100)).toMatch(
    /^PostgreSQL at 127.0.0.1:1 cannot be used, and 0.1 seconds of waiting did not help: connect ECONNREFUSED/,
  );
  expect(await refusal({ url: `${config.url}?sslmode=verify-full` })).toBe(
    `PostgreSQL at ${host} does not speak TLS: set it up there, or take sslmode out of SYNTRA_POSTGRES_URL where the network is safe.`,
  );
});

test('the password may stand in the address', async () => {
  const url = new URL(server.config.url);
  url.password = encodeURIComponent(server.config.password!);
  await (await openDatabaseServer({ url: url.href, password: undefined })).close();
});

test('the server learns who we are and what the limits are', async () => {
  const { rows } = await database.queries.execute(
    sql`select current_setting('application_name') as name, current_setting('statement_timeout') as timeout`,
  );
  expect(rows).toEqual([{ name: 'syntra', timeout: '30s' }]);
});
