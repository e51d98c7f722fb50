/**
 * Who sends, and so for which project. A key decides. Without one, data of this machine goes to the default project where
 * that is allowed: not what a proxy relays, and not what a page of some website posts through its visitor's browser
 * (docs/decisions/0008).
 */
import { isIP } from 'node:net';
import type { IngestKeys } from './keys.ts';
import { RefusedError } from './refusal.ts';

export interface Tenant {
  readonly org: string;
  readonly project: string;
  readonly retentionDays: number;
}

/** The headers or metadata of a request, names in lower case, and the address it came from. */
export interface Caller {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly peerAddress: string | undefined;
}

/** @throws RefusedError (unauthenticated) */
export type Authenticate = (caller: Caller) => Tenant;

/** @param keyless where data without a key belongs; undefined when a key is needed from everywhere */
export const authenticateBy =
  (keys: Pick<IngestKeys, 'find' | 'announced'>, keyless: Tenant | undefined): Authenticate =>
  ({ headers, peerAddress }) => {
    const key = keyIn(headers);
    if (key === undefined) {
      if (keyless && isLoopback(peerAddress) && !isRelayed(headers) && isLocalOrigin(headers.origin)) return keyless;
      throw new RefusedError(
        'unauthenticated',
        'An ingest key is needed: send it as "Authorization: Bearer <key>" or "x-syntra-key".',
      );
    }
    const found = keys.find(key);
    // Before the first key was announced nobody can say whether this is one: a 401 would make its sender drop data.
    if (found === undefined && !keys.announced) {
      throw new RefusedError('unavailable', 'No ingest key is known here yet.');
    }
    if (found === undefined) throw new RefusedError('unauthenticated', 'The ingest key is not known.');
    if (found.revoked) throw new RefusedError('unauthenticated', 'The ingest key has been revoked.');
    return found;
  };

/** Undefined when the sender shows no credentials at all. */
const keyIn = (headers: Caller['headers']): string | undefined => {
  const { authorization, 'x-syntra-key': own } = headers;
  if (typeof own === 'string') return own.trim();
  if (authorization === undefined) return own === undefined ? undefined : '';
  // credentials of another kind are not a key, but they are not nothing either
  return /^bearer +(\S+) *$/i.exec(String(authorization))?.[1] ?? '';
};

const isLoopback = (address = ''): boolean => {
  const v4 = address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
  return address === '::1' || (isIP(v4) === 4 && v4.startsWith('127.'));
};

/** A proxy on this machine speaks for others. */
const isRelayed = (headers: Caller['headers']): boolean =>
  headers.forwarded !== undefined || headers['x-forwarded-for'] !== undefined || headers['x-real-ip'] !== undefined;

/** Browsers name the page that sends, also one that has made its own name mean 127.0.0.1; others send no origin. */
export const isLocalOrigin = (origin: string | string[] | undefined): boolean =>
  origin === undefined ||
  (typeof origin === 'string' && /^https?:\/\/(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/.test(origin));
