import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, test } from 'vitest';
import { reportOf } from '../../kernel/reports/test-reports.ts';
import { buildTestServer } from '../test-server.ts';
import type { Checks } from './health.ts';
import { buildOperationsServer } from './operations-server.ts';

let app: FastifyInstance | undefined;
afterEach(async () => {
  await app?.close();
  app = undefined;
});

const reports = {
  latest: async () => reportOf({ processors: [{ name: 'store-spans', kept: 7 }] }),
  lags: async () => new Map(),
};
const adminToken = 'a-secret-of-the-operator';
const open = { adminToken: undefined, loopback: true, host: '127.0.0.1', port: 0 };
const closed = { adminToken, loopback: false, host: '0.0.0.0', port: 0 };

const servers = [
  [
    'a process without the API',
    async (config: typeof open | typeof closed, checks: Checks = {}) => {
      app = await buildOperationsServer({ config, checks, reports, report: () => {} });
      return app;
    },
  ],
  [
    'the API',
    async (config: typeof open | typeof closed, checks: Checks = {}) => {
      app = await buildTestServer({ config, dependencies: checks, reports });
      return app;
    },
  ],
] as const;

describe.each(servers)('%s', (_name, serve) => {
  test('says that it lives, and whether it is ready and why not, to anybody', async () => {
    const server = await serve(closed, {
      log: async () => {},
      disk: async () => 'nearly full',
      state: () => Promise.reject(new Error('password=hunter2')),
    });
    expect((await server.inject('/livez')).json()).toEqual({ alive: true });
    const ready = await server.inject('/readyz');
    expect(ready.statusCode).toBe(503);
    expect(ready.json()).toEqual({
      ready: false,
      dependencies: { log: 'answers', disk: 'nearly full', state: 'does not answer' },
    });
  });

  test('is ready when nothing speaks against it', async () => {
    const server = await serve(open, { draining: async () => undefined });
    expect((await server.inject('/readyz')).statusCode).toBe(200);
  });

  test.each([
    [undefined, 'application/openmetrics-text; version=1.0.0; charset=utf-8'],
    ['*/*', 'application/openmetrics-text; version=1.0.0; charset=utf-8'],
    [
      'application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
      'application/openmetrics-text; version=1.0.0; charset=utf-8',
    ],
    ['text/plain;version=0.0.4;q=1,*/*;q=0.1', 'text/plain; version=0.0.4; charset=utf-8'],
  ])('tells its figures to who accepts %s', async (accept, type) => {
    const server = await serve(open);
    const answer = await server.inject({ url: '/metrics', headers: accept === undefined ? {} : { accept } });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toBe(type);
    expect(answer.body).toContain('\nsyntra_processor_records_total{processor="store-spans",outcome="kept"} 7.0\n');
    expect(answer.body.endsWith('\n# EOF\n')).toBe(type.startsWith('application/openmetrics-text'));
  });

  test('tells them only to who has the token, where others can ask', async () => {
    const server = await serve(closed);
    const ask = (headers: Record<string, string>) => server.inject({ url: '/metrics', headers });
    const refused = await ask({});
    expect(refused.statusCode).toBe(401);
    expect(refused.body).not.toContain('syntra_');
    expect((await ask({ authorization: 'Bearer not-it-at-all-not-it' })).statusCode).toBe(401);
    expect((await ask({ authorization: `Bearer ${adminToken}` })).statusCode).toBe(200);
  });

  test('has nothing else to tell', async () => {
    const server = await serve(open);
    expect((await server.inject('/nothing')).json()).toMatchObject({ success: false, error: { code: 'NOT_FOUND' } });
  });
});

test('has no route of the API where there is none', async () => {
  const server = await servers[0][1](open);
  expect((await server.inject('/api/v1/session')).statusCode).toBe(404);
});
