import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, test } from 'vitest';
import { buildServer } from '../server.ts';
import { buildTestServer, testProjects } from '../test-server.ts';
import { createSessions } from './session.ts';

const token = 'a token of this installation';
const handlers = { listProjects: async () => ({ projects: [] }) };

let app: FastifyInstance;
afterEach(() => app?.close());

const guarded = async () => {
  app = await buildTestServer({ handlers, config: { adminToken: token, loopback: false } });
  return app;
};
const open = async () => {
  app = await buildTestServer({ handlers });
  return app;
};

const projects = async (headers: Record<string, string>) => {
  const { statusCode, body } = await app.inject({ url: '/api/v1/projects', headers });
  return { status: statusCode, body };
};
const signIn = (secret: string, headers: Record<string, string> = {}) =>
  app.inject({ method: 'POST', url: '/api/v1/session', payload: { token: secret }, headers });
const cookieOf = (answer: Awaited<ReturnType<typeof signIn>>): string => {
  const cookie = answer.cookies[0]!;
  return `${cookie.name}=${cookie.value}`;
};

describe('with a token', () => {
  test('nothing but the token opens the API', async () => {
    await guarded();
    expect((await projects({})).status).toBe(401);
    expect((await projects({ authorization: 'Bearer wrong' })).status).toBe(401);
    expect((await projects({ authorization: `Basic ${token}` })).status).toBe(401);
    expect((await projects({ cookie: 'syntra_00000000=1.2.3' })).status).toBe(401);
  });

  test('a bearer token does', async () => {
    app = await buildTestServer({ handlers, config: { adminToken: 'long-enough-token', loopback: false } });
    expect((await projects({ authorization: 'Bearer long-enough-token' })).status).toBe(200);
  });

  test('health and the OpenAPI document need none', async () => {
    await guarded();
    for (const url of ['/healthz', '/readyz', '/api/v1/openapi.json', '/api/v1/session']) {
      expect((await app.inject(url)).statusCode, url).toBe(200);
    }
  });

  test('it is traded for a cookie that pages cannot read and other sites cannot send', async () => {
    await guarded();
    const answer = await signIn(token);
    expect(answer.json().data).toEqual({ authenticated: true, tokenRequired: true });
    expect(answer.cookies[0]).toMatchObject({ httpOnly: true, sameSite: 'Strict', path: '/', maxAge: 604_800 });
    expect(answer.cookies[0]!.secure).toBeUndefined();
    const cookie = cookieOf(answer);
    expect((await projects({ cookie })).status).toBe(200);
    expect((await app.inject({ url: '/api/v1/session', headers: { cookie } })).json().data.authenticated).toBe(true);
    expect((await app.inject('/api/v1/session')).json().data).toEqual({ authenticated: false, tokenRequired: true });
  });

  test('behind TLS the cookie is sent over TLS alone', async () => {
    await guarded();
    expect((await signIn(token, { 'x-forwarded-proto': 'https' })).cookies[0]!.secure).toBe(true);
  });

  test('a cookie that was touched is worth nothing', async () => {
    await guarded();
    const [name, value] = cookieOf(await signIn(token)).split('=') as [string, string];
    const [expires, ...rest] = value.split('.');
    for (const forged of [`${Number(expires) + 1}.${rest.join('.')}`, value.slice(0, -1), `${value}x`, '']) {
      expect((await projects({ cookie: `${name}=${forged}` })).status, forged).toBe(401);
    }
  });

  test('a cookie of another token is worth nothing, and has another name', async () => {
    await guarded();
    const before = cookieOf(await signIn(token));
    await app.close();
    app = await buildTestServer({ handlers, config: { adminToken: 'the next token of it', loopback: false } });
    expect((await projects({ cookie: before })).status).toBe(401);
    expect(cookieOf(await signIn('the next token of it')).split('=')[0]).not.toBe(before.split('=')[0]);
  });

  test('signing out takes the cookie away', async () => {
    await guarded();
    const cookie = cookieOf(await signIn(token));
    const answer = await app.inject({ method: 'DELETE', url: '/api/v1/session', headers: { cookie } });
    expect(answer.json().data).toEqual({ authenticated: false, tokenRequired: true });
    expect(answer.cookies[0]).toMatchObject({ value: '', expires: new Date(0) });
  });

  test('another site can neither sign in nor out', async () => {
    await guarded();
    const origin = 'https://evil.example';
    for (const foreign of [origin, 'null', 'http://localhost:3001']) {
      expect((await signIn(token, { origin: foreign, host: 'localhost:3000' })).statusCode, foreign).toBe(403);
    }
    expect((await signIn(token, { origin: 'http://localhost:3000', host: 'localhost:3000' })).statusCode).toBe(200);
    const proxied = { origin: 'https://syntra.example', host: '127.0.0.1:3000', 'x-forwarded-host': 'syntra.example' };
    expect((await signIn(token, proxied)).statusCode).toBe(200);
  });

  test('it cannot be guessed at leisure', async () => {
    await guarded();
    const statuses = [];
    for (let i = 0; i < 12; i++) statuses.push((await signIn('wrong')).statusCode);
    expect(statuses).toEqual([...Array(10).fill(401), 429, 429]);
    const answer = await signIn(token);
    expect(answer.statusCode).toBe(429);
    expect(answer.headers['retry-after']).toBeDefined();
    expect((await projects({ authorization: 'Bearer wrong' })).status).toBe(429);
  });
});

test('a session ends after a week, and is renewed in its second half', async () => {
  let now = 1_800_000_000_000;
  const day = 24 * 3600 * 1000;
  const sessions = createSessions({ adminToken: token, loopback: false, nowMs: () => now });
  const { fastify } = await import('fastify');
  const { default: cookies } = await import('@fastify/cookie');
  app = fastify();
  await app.register(cookies);
  app.post('/', (request, reply) => sessions.createSession({ token }, request, reply));
  app.get('/', (request, reply) => sessions.getSession({}, request, reply));
  const cookie = cookieOf(await app.inject({ method: 'POST', url: '/' }));
  const look = () => app.inject({ url: '/', headers: { cookie } });

  now += 3 * day;
  expect((await look()).cookies).toEqual([]);
  now += day;
  const renewed = await look();
  expect(renewed.cookies).toHaveLength(1);
  now += 3 * day;
  expect((await look()).json()).toEqual({ authenticated: false, tokenRequired: true });
  expect((await app.inject({ url: '/', headers: { cookie: cookieOf(renewed) } })).json().authenticated).toBe(true);
});

describe('without a token, on loopback', () => {
  test('this machine needs none', async () => {
    await open();
    expect((await app.inject('/api/v1/session')).json().data).toEqual({ authenticated: true, tokenRequired: false });
    for (const host of ['localhost:3000', '127.0.0.1:3000', '127.8.8.8', '[::1]:3000', 'app.localhost:3000']) {
      expect((await projects({ host })).status, host).toBe(200);
    }
  });

  test('a name that somebody pointed at this machine is refused', async () => {
    await open();
    for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '10.0.0.1']) {
      const { status, body } = await projects({ host });
      expect(status, host).toBe(403);
      expect(body).toContain('SYNTRA_ADMIN_TOKEN');
    }
  });

  test('pages of other sites cannot make it work, but link to it', async () => {
    await open();
    const headers = { host: 'localhost:3000', 'sec-fetch-site': 'cross-site' };
    expect((await projects({ ...headers, 'sec-fetch-mode': 'no-cors' })).status).toBe(403);
    expect((await projects({ ...headers, 'sec-fetch-mode': 'navigate' })).status).toBe(200);
    expect((await projects({ ...headers, 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' })).status).toBe(
      200,
    );
  });

  test('beyond loopback it does not even start', async () => {
    const config = { adminToken: undefined, loopback: false };
    await expect(buildServer({ config, projects: testProjects, handlers: {} })).rejects.toThrow('needs an admin token');
  });
});
