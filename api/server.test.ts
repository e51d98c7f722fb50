import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gunzipSync } from 'node:zlib';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { afterEach, describe, expect, test } from 'vitest';
import { reportOf } from '../kernel/reports/test-reports.ts';
import { StateUnavailableError } from '../kernel/state/unavailable.ts';
import { QueryTooExpensiveError, TelemetryUnavailableError } from '../kernel/telemetry/client.ts';
import { ApiError } from './api-error.ts';
import { failure } from './contract/values.ts';
import type { Handlers } from './handler.ts';
import { QueryError } from './query/query-error.ts';
import { LogUnavailableError } from './read-log.ts';
import { buildTestServer } from './test-server.ts';

let app: FastifyInstance | undefined;
let directory: string | undefined;
afterEach(async () => {
  await app?.close();
  if (directory !== undefined) await rm(directory, { recursive: true });
  app = directory = undefined;
});

const serve = async (...args: Parameters<typeof buildTestServer>): Promise<FastifyInstance> => {
  app = await buildTestServer(...args);
  return app;
};

/** Asks, and checks that a failure has the shape of the contract and names the request. */
const failureOf = async (server: FastifyInstance, request: InjectOptions | string) => {
  const answer = await server.inject(request);
  const { error } = failure.parse(answer.json());
  expect(error.request_id).toBe(answer.headers['x-request-id']);
  return { status: answer.statusCode, ...error };
};

const inProject = '/api/v1/projects/prj_default/services?fromMs=1000&toMs=2000';
/** A server whose service list does as told. */
const listing = (listServices: Handlers['listServices']) => serve({ handlers: { listServices } });

describe('a route of the contract', () => {
  test('is compressed for clients that take it, when it is long', async () => {
    const projects = (count: number) => ({
      projects: Array.from({ length: count }, (_, i) => ({ id: `prj_${i}`, org: 'org_default', name: `Project ${i}` })),
    });
    const server = await serve({ handlers: { listProjects: async () => projects(500) } });
    const ask = (encoding: string) =>
      server.inject({ url: '/api/v1/projects', headers: { 'accept-encoding': encoding } });
    const [plain, zipped] = [await ask('identity'), await ask('gzip')];
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(zipped.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(zipped.rawPayload).toString()).toBe(plain.body);
  });

  test('gets its input parsed and its tenant resolved, and answers in an envelope', async () => {
    const seen: unknown[] = [];
    const server = await serve({
      handlers: {
        listServiceLogs: async (input, context) => {
          seen.push(input, context);
          return { lines: [], nextCursor: null, cost: { rowsRead: 0, bytesRead: 0, elapsedMs: 0 } };
        },
      },
    });
    const answer = await server.inject(
      '/api/v1/services/svc_checkout/logs?fromMs=1000&toMs=2000&q=level:error&limit=7',
    );
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({
      success: true,
      data: { lines: [], nextCursor: null, cost: { rowsRead: 0, bytesRead: 0, elapsedMs: 0 } },
    });
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(seen).toEqual([
      { serviceId: 'svc_checkout', fromMs: 1000, toMs: 2000, q: 'level:error', limit: 7, order: 'newest' },
      { tenant: { org: 'org_default', project: 'prj_default' }, service: 'checkout' },
    ]);
  });

  const refused = async () => {
    throw new Error('This must not be reached.');
  };

  test.each([
    ['a time range', '/api/v1/projects/prj_default/services', 400, 'INVALID_REQUEST', 'fromMs'],
    ['one that ends', '/api/v1/projects/prj_default/services?fromMs=2000&toMs=1000', 400, 'INVALID_REQUEST', 'before'],
    [
      'years we know',
      '/api/v1/projects/prj_default/services?fromMs=1&toMs=9999999999999',
      400,
      'INVALID_REQUEST',
      'toMs',
    ],
    ['one of each', '/api/v1/projects/prj_default/services?fromMs=1&fromMs=2&toMs=3', 400, 'INVALID_REQUEST', 'fromMs'],
    ['a short query', `${inProject}&q=${'x'.repeat(4097)}`, 400, 'INVALID_REQUEST', 'q'],
    ['a project of ours', '/api/v1/projects/prj_other/services?fromMs=1000&toMs=2000', 404, 'NOT_FOUND', 'project'],
    ['a service of ours', '/api/v1/services/svc_other?fromMs=1000&toMs=2000', 404, 'NOT_FOUND', 'service'],
    ['a route', '/api/v1/nothing', 404, 'NOT_FOUND', '/api/v1/nothing'],
    ['a page', '/nothing?secret=1', 404, 'NOT_FOUND', 'GET /nothing.'],
    ['a whole address', '/api/v1/projects/%zz/services', 400, 'INVALID_REQUEST', 'url'],
    ['a short address', `/api/v1/services/${'x'.repeat(600)}?fromMs=1&toMs=2`, 414, 'INVALID_REQUEST', 'length'],
  ])('needs %s', async (_what, url, status, code, says) => {
    const server = await serve({ handlers: { listServices: refused, getService: refused } });
    expect(await failureOf(server, url)).toMatchObject({ status, code, message: expect.stringContaining(says) });
  });

  test('a method that the path does not have is not found', async () => {
    const server = await listing(refused);
    expect(await failureOf(server, { method: 'POST', url: inProject })).toMatchObject({ status: 404 });
  });
});

describe('a failure', () => {
  test.each([
    [new ApiError('NOT_FOUND', 'No such thing.'), 404, { code: 'NOT_FOUND', message: 'No such thing.' }],
    [
      new QueryError('Close it.', 3, 5),
      400,
      { code: 'INVALID_QUERY', message: 'Close it.', position: { start: 3, end: 5 } },
    ],
    [
      new QueryTooExpensiveError('time', 'The query took longer than it may.'),
      422,
      { code: 'QUERY_TOO_EXPENSIVE', message: expect.stringContaining('shorter time range') },
    ],
    [new TelemetryUnavailableError('connect ECONNREFUSED 10.0.0.1:8123'), 503, { code: 'UNAVAILABLE' }],
    [new StateUnavailableError('connect ENOENT /var/run/secret.sock'), 503, { code: 'UNAVAILABLE' }],
    [new LogUnavailableError('connect ECONNREFUSED 10.0.0.1:9092'), 503, { code: 'UNAVAILABLE' }],
    [new Error("Code: 62. DB::Exception: SELECT secret FROM logs WHERE org = 'x'"), 500, { code: 'INTERNAL' }],
  ])('%s', async (error, status, expected) => {
    const server = await listing(async () => {
      throw error;
    });
    const seen = await failureOf(server, inProject);
    expect(seen).toMatchObject({ status, ...expected });
    expect(JSON.stringify(seen)).not.toMatch(/SELECT|DB::|ECONN|\bat .*\.ts/);
  });

  test('of ours is told to those who run the installation, with what leads to it', async () => {
    const told: unknown[][] = [];
    const server = await serve({
      report: (...args) => told.push(args),
      handlers: {
        listServices: async () => {
          throw new Error('broken inside');
        },
      },
    });
    const { request_id } = await failureOf(server, inProject);
    expect(told).toEqual([
      [
        'error',
        'A request to the API failed',
        {
          reqId: request_id,
          route: '/api/v1/projects/:projectId/services',
          error: expect.stringMatching(/^Error: broken inside\n +at /),
        },
      ],
    ]);
  });

  test('one request that fails leaves the others alone', async () => {
    const server = await serve({
      handlers: {
        listServices: async () => {
          throw new Error('broken');
        },
        listProjects: async () => ({ projects: [] }),
      },
    });
    const [broken, whole] = await Promise.all([server.inject(inProject), server.inject('/api/v1/projects')]);
    expect([broken.statusCode, whole.statusCode]).toEqual([500, 200]);
  });
});

describe('a body', () => {
  const post = (payload: string, type: string): InjectOptions => ({
    method: 'POST',
    url: '/api/v1/session',
    payload,
    headers: { 'content-type': type },
  });
  test.each([
    ['too large', post(`{"token":"${'x'.repeat(70_000)}"}`, 'application/json'), 413],
    ['malformed', post('{"token":', 'application/json'), 400],
    ['empty', post('', 'application/json'), 400],
    ['of a kind that a foreign form can send', post('{"token":"x"}', 'text/plain'), 415],
    ['of the wrong shape', post('{"token":5}', 'application/json'), 400],
  ])('%s is refused', async (_what, request, status) => {
    const server = await serve();
    expect(await failureOf(server, request)).toMatchObject({ status, code: 'INVALID_REQUEST' });
  });

  test('that sets a prototype is refused', async () => {
    const server = await serve();
    expect(await failureOf(server, post('{"__proto__":{"token":"x"}}', 'application/json'))).toMatchObject({
      status: 400,
    });
  });
});

test('bytes that are not HTTP end their connection, not the server', async () => {
  const server = await serve({ handlers: { listProjects: async () => ({ projects: [] }) } });
  await server.listen({ port: 0, host: '127.0.0.1' });
  expect(await rawRequest(server, '\x16\x03\x01 no http\r\n\r\n')).toContain('400 Bad Request');
  expect((await server.inject('/api/v1/projects')).statusCode).toBe(200);
});

const rawRequest = (server: FastifyInstance, text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const { port } = server.server.address() as { port: number };
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket
      .on('data', (chunk) => {
        answer += chunk;
      })
      .on('close', () => resolve(answer))
      .on('error', reject);
  });

describe('health', () => {
  test('the process lives whatever its stores do', async () => {
    const server = await serve({ dependencies: { log: () => Promise.reject(new Error('gone')) } });
    expect((await server.inject('/livez')).statusCode).toBe(200);
    expect((await server.inject('/healthz')).statusCode).toBe(200);
  });

  test('it is ready when all of them answer', async () => {
    const server = await serve({ dependencies: { log: async () => {}, telemetry: async () => {} } });
    const answer = await server.inject('/readyz');
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({ ready: true, dependencies: { log: 'answers', telemetry: 'answers' } });
  });

  test('it names the one that does not, without its secrets', async () => {
    const server = await serve({
      dependencies: { log: async () => {}, telemetry: () => Promise.reject(new Error('password=hunter2')) },
    });
    const answer = await server.inject('/readyz');
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toEqual({ ready: false, dependencies: { log: 'answers', telemetry: 'does not answer' } });
  });
});

describe('the explorer', () => {
  const page = '<!doctype html><script>start()</script><script src="/_app/x.js"></script>';
  const serveExplorer = async (): Promise<FastifyInstance> => {
    directory = await mkdtemp(join(tmpdir(), 'syntra-ui-'));
    const build = join(directory, 'build');
    await mkdir(join(build, '_app/immutable'), { recursive: true });
    await writeFile(join(directory, 'secret.txt'), 'a secret');
    await writeFile(join(build, 'index.html'), page);
    await mkdir(join(build, 'services'));
    await writeFile(join(build, 'services.html'), `${page}all services`);
    await writeFile(join(build, 'services/_.html'), `${page}<script>more()</script>one service`);
    await writeFile(join(build, 'services/map.html'), `${page}their map`);
    await writeFile(join(build, '_app/immutable/a.js'), 'plain');
    await writeFile(join(build, '_app/immutable/a.js.br'), brotliCompressSync('plain'));
    await writeFile(join(build, '_app/version.json'), '{}');
    const reports = { latest: async () => reportOf({}), lags: async () => new Map() };
    return serve({ explorerDirectory: build, reports, config: { adminToken: 'long-enough-token', loopback: false } });
  };
  const html = { accept: 'text/html,application/xhtml+xml' };

  test.each(['/', '/traces/abc?fromMs=1', '/logs', '/metrics'])('%s is the page, never cached', async (url) => {
    const server = await serveExplorer();
    const answer = await server.inject({ url, headers: html });
    expect([answer.statusCode, answer.body]).toEqual([200, page]);
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-cache', 'content-type': 'text/html; charset=utf-8' });
  });

  test.each([
    ['/services?range=1h', 'all services'],
    ['/services/', 'all services'],
    ['/services/svc_1', 'one service'],
    ['/services/map', 'their map'],
    ['/services/svc_1/more', '</script>'],
  ])('%s has the file of its kind of page', async (url, ending) => {
    const server = await serveExplorer();
    const answer = await server.inject({ url, headers: html });
    expect(answer.body.endsWith(ending)).toBe(true);
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-cache', 'content-type': 'text/html; charset=utf-8' });
  });

  test('where the page of metrics is, scrapers find the figures', async () => {
    const server = await serveExplorer();
    const answer = await server.inject({ url: '/metrics', headers: { authorization: 'Bearer long-enough-token' } });
    expect(answer.body).toContain('process_resident_memory_bytes 100.0');
  });

  test('its own inline scripts may run and no others', async () => {
    const server = await serveExplorer();
    const answer = await server.inject({ url: '/', headers: html });
    const hashes = ['more()', 'start()'].map((body) => createHash('sha256').update(body).digest('base64'));
    const policy = String(answer.headers['content-security-policy']);
    const allowed = [...policy.matchAll(/'sha256-([^']+)'/g)].map(([, hash]) => hash!);
    expect(allowed.toSorted()).toEqual(hashes.toSorted());
    expect(policy.replace(/ 'sha256-[^']+'/g, '')).toBe(
      `default-src 'self'; script-src 'self'; ` +
        "style-src 'self' 'unsafe-inline'; " +
        "img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'",
    );
    expect(answer.headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'same-origin' });
  });

  test('hashed files are kept for ever, and come compressed where the browser takes that', async () => {
    const server = await serveExplorer();
    const plain = await server.inject('/_app/immutable/a.js');
    expect(plain.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(plain.headers['content-encoding']).toBeUndefined();
    const compressed = await server.inject({ url: '/_app/immutable/a.js', headers: { 'accept-encoding': 'br, gzip' } });
    expect(compressed.headers['content-encoding']).toBe('br');
    expect((await server.inject('/_app/version.json')).headers['cache-control']).toBe('no-cache');
  });

  test.each(['/api/v1/nothing', '/_app/immutable/gone.js'])('%s is never the page', async (url) => {
    const server = await serveExplorer();
    expect(await failureOf(server, { url, headers: html })).toMatchObject({ status: 404 });
  });

  test.each(['/../secret.txt', '/..%2fsecret.txt', '/%2e%2e/secret.txt', '/_app/..%5c..%5c..%5csecret.txt'])(
    'nothing outside is served: %s',
    async (path) => {
      const server = await serveExplorer();
      await server.listen({ port: 0, host: '127.0.0.1' });
      // Written by hand: every HTTP client would tidy the path up first.
      const answer = await rawRequest(server, `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1.1 4\d\d /);
      expect(answer).not.toContain('a secret');
    },
  );

  test('without a build the API works and pages are not found', async () => {
    const server = await serve({ explorerDirectory: join(tmpdir(), 'syntra-nothing-here') });
    expect(await failureOf(server, { url: '/', headers: html })).toMatchObject({ status: 404 });
  });
});
