/**
 * Keeps other people's pages out. A page of another origin may make a browser send requests here: the `Origin` header
 * tells them apart. A page whose own name was rebound to 127.0.0.1 has our origin: the `Host` header still has its name.
 */
import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { ApiError } from '../api-error.ts';

/**
 * Requests that change something, and WebSockets, must come from our own pages or from no page at all. Pages of other
 * sites cannot read what they ask for, but they could make us work: that is for links alone.
 * @throws ApiError FORBIDDEN
 */
export const assertSameOrigin = (request: FastifyRequest): void => {
  const { origin, upgrade, 'sec-fetch-site': site, 'sec-fetch-mode': mode } = request.headers;
  if (site === 'cross-site' && mode !== 'navigate') throw foreignPage();
  const harmless = (request.method === 'GET' || request.method === 'HEAD') && upgrade === undefined;
  if (harmless || origin === undefined) return;
  // A proxy that rewrites Host says the original one here, and a page of another origin cannot set it.
  const ours = [request.headers.host, request.headers['x-forwarded-host']];
  const theirs = hostOf(origin);
  if (theirs === undefined || !ours.includes(theirs)) throw foreignPage();
};

const foreignPage = (): ApiError => new ApiError('FORBIDDEN', 'This request comes from a page of another origin.');

/**
 * Without a token only this machine may ask, by a name that nobody else can own.
 * @throws ApiError FORBIDDEN
 */
export const assertLoopbackHost = (request: FastifyRequest): void => {
  const { host } = request.headers;
  if (host === undefined || isLoopbackName(hostnameOf(host))) return;
  throw new ApiError(
    'FORBIDDEN',
    'Without a token Syntra answers on localhost only. Set SYNTRA_ADMIN_TOKEN to use it under another name.',
  );
};

const hostOf = (origin: string): string | undefined => {
  try {
    return new URL(origin).host || undefined;
  } catch {
    return undefined;
  }
};

const hostnameOf = (host: string): string => {
  try {
    return new URL(`http://${host}`).hostname;
  } catch {
    return '';
  }
};

const isLoopbackName = (name: string): boolean =>
  name === 'localhost' ||
  name.endsWith('.localhost') ||
  name === '[::1]' ||
  (isIP(name) === 4 && name.startsWith('127.'));
