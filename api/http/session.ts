/**
 * Who may ask. Until there are accounts, that is who holds the installation's token: as a bearer token, or traded for a
 * session cookie. An installation that only its own machine can reach may do without.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from '../api-error.ts';
import { assertLoopbackHost, assertSameOrigin } from './origin.ts';
import type { SessionResponders } from './routes.ts';
import { createThrottle } from './throttle.ts';

export interface Sessions extends SessionResponders {
  /** @throws ApiError UNAUTHENTICATED, FORBIDDEN or TOO_MANY_REQUESTS when the request may not go on. */
  authenticate(request: FastifyRequest): void;
  /** The part of `authenticate` that routes without authentication keep. */
  guard(request: FastifyRequest): void;
}

export interface SessionOptions {
  readonly adminToken: string | undefined;
  readonly loopback: boolean;
  readonly nowMs?: () => number;
}

const lifeMs = 7 * 24 * 3600 * 1000;

/** @throws Error when anybody could reach an installation that asks for no token. */
export const createSessions = ({ adminToken, loopback, nowMs = Date.now }: SessionOptions): Sessions => {
  if (adminToken === undefined && !loopback) throw new Error('An address beyond loopback needs an admin token.');
  const cookies = adminToken === undefined ? undefined : sessionCookies(adminToken, nowMs);
  const throttle = createThrottle();

  const check = (request: FastifyRequest, token: string): boolean => {
    if (throttle.waitMs(request.ip) > 0) {
      throw new ApiError('TOO_MANY_REQUESTS', 'Too many wrong tokens came from your address. Wait a minute.');
    }
    const good = isSame(token, adminToken!);
    if (!good) throttle.failed(request.ip);
    return good;
  };

  const guard = (request: FastifyRequest): void => {
    assertSameOrigin(request);
    if (cookies === undefined) assertLoopbackHost(request);
  };

  const isAuthenticated = (request: FastifyRequest): boolean => {
    if (cookies === undefined) return true;
    const token = bearerToken(request);
    return token === undefined ? cookies.isGood(request) : check(request, token);
  };

  const describe = (authenticated: boolean) => ({ authenticated, tokenRequired: cookies !== undefined });

  return {
    guard,
    authenticate(request) {
      guard(request);
      if (isAuthenticated(request)) return;
      throw new ApiError(
        'UNAUTHENTICATED',
        bearerToken(request) === undefined
          ? 'Sign in with the token of this installation.'
          : 'This token is not valid.',
      );
    },
    getSession: async (_input, request, reply) => {
      const authenticated = isAuthenticated(request);
      if (authenticated && cookies?.isAgeing(request)) cookies.give(reply, request);
      return describe(authenticated);
    },
    createSession: async (input, request, reply) => {
      if (cookies === undefined) return describe(true);
      if (!check(request, String(input.token))) throw new ApiError('UNAUTHENTICATED', 'This token is not valid.');
      cookies.give(reply, request);
      return describe(true);
    },
    deleteSession: async (_input, request, reply) => {
      cookies?.take(reply, request);
      return describe(cookies === undefined);
    },
  };
};

const bearerToken = (request: FastifyRequest): string | undefined =>
  /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1];

/** Compares digests, so that neither content nor length shows in the time it takes. */
const isSame = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * A session is its own expiry, signed by a key made of the token: nothing to store, the same on every process of an
 * installation, and void as soon as the token changes.
 */
const sessionCookies = (adminToken: string, nowMs: () => number) => {
  const sign = (text: string): string => createHmac('sha256', adminToken).update(`session ${text}`).digest('base64url');
  // Cookies do not know ports: two installations on one host must not sign each other out.
  const name = `syntra_${sign('name')
    .slice(0, 8)
    .toLowerCase()
    .replace(/[^0-9a-z]/g, '0')}`;
  const attributesFor = (request: FastifyRequest) => ({
    path: '/',
    httpOnly: true,
    sameSite: 'strict' as const,
    secure: request.protocol === 'https' || request.headers['x-forwarded-proto'] === 'https',
  });
  const expiryOf = (request: FastifyRequest): number => {
    const [, text, signature] = /^(\d{1,16}\.[\w-]{22})\.([\w-]{43})$/.exec(request.cookies[name] ?? '') ?? [];
    return text !== undefined && isSame(signature!, sign(text)) ? Number.parseInt(text, 10) : 0;
  };
  return {
    isGood: (request: FastifyRequest): boolean => expiryOf(request) > nowMs(),
    /** More than half of its life is over. */
    isAgeing: (request: FastifyRequest): boolean => {
      const leftMs = expiryOf(request) - nowMs();
      return leftMs > 0 && leftMs < lifeMs / 2;
    },
    give(reply: FastifyReply, request: FastifyRequest): void {
      const text = `${nowMs() + lifeMs}.${randomBytes(16).toString('base64url')}`;
      reply.setCookie(name, `${text}.${sign(text)}`, { ...attributesFor(request), maxAge: lifeMs / 1000 });
    },
    take(reply: FastifyReply, request: FastifyRequest): void {
      reply.clearCookie(name, attributesFor(request));
    },
  };
};
