/**
 * The API client: paths, parameters and answers are the contract's, imported as types alone, so that nothing of the
 * server ends up in the bundle. `get('/projects/:projectId/services', { projectId, fromMs, toMs })`.
 */
import type { z } from 'zod';
import type { Failure } from '../../../api/contract/values.ts';
import type { Contract, RouteName } from '../../../api/contract.ts';
import { askEarly, takeEarly } from './early.ts';

type Routes = Contract[RouteName];
type RouteAt<Method, Path> = Extract<Routes, { method: Method; path: Path }>;
export type GetPath = Extract<Routes, { method: 'GET' }>['path'];
export type PostPath = Extract<Routes, { method: 'POST' }>['path'];

/** What a parameter schema takes: keys with a default are optional, values have their parsed type. */
type Values<Schema> = Schema extends z.ZodObject
  ? { [Key in keyof z.input<Schema>]: Key extends keyof z.output<Schema> ? z.output<Schema>[Key] : never }
  : unknown;
type Part<Route, Name extends string> = Route extends { [Key in Name]: infer Schema } ? Values<Schema> : unknown;

/** Path and query parameters of a GET route, in one object. */
export type GetValues<Path extends GetPath> = Part<RouteAt<'GET', Path>, 'params'> &
  Part<RouteAt<'GET', Path>, 'query'>;
export type GetAnswer<Path extends GetPath> = z.output<RouteAt<'GET', Path>['answer']>;

export type PostBody<Path extends PostPath> = z.input<Extract<RouteAt<'POST', Path>, { body: z.ZodType }>['body']>;
export type PostAnswer<Path extends PostPath> = z.output<RouteAt<'POST', Path>['answer']>;

/** A request that did not succeed: what the server said, or that it could not be reached. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure';
  readonly code: string;
  /** Empty when no server answered. */
  readonly requestId: string;
  /** Where in the query text the error is, for INVALID_QUERY. */
  readonly position: { readonly start: number; readonly end: number } | undefined;

  constructor(error: Failure['error']) {
    super(error.message);
    this.code = error.code;
    this.requestId = error.request_id;
    this.position = error.position;
  }
}

/** Fired on `window` when a request lacked a valid session: the shell then shows the sign-in page. */
export const unauthenticatedEvent = 'syntra:unauthenticated';

/** @throws ApiFailure; DOMException AbortError when `signal` aborts. */
export const get = <Path extends GetPath>(
  path: Path,
  values: GetValues<Path>,
  signal?: AbortSignal,
): Promise<GetAnswer<Path>> =>
  send<GetAnswer<Path>>(address(path, values as Readonly<Record<string, unknown>>), { signal: signal ?? null });

/** Asks for what is about to be asked for: the answer is under way when the page that shows it is still being made. */
export const foresee = <Path extends GetPath>(path: Path, values: GetValues<Path>): void =>
  askEarly(address(path, values as Readonly<Record<string, unknown>>));

/** `params` are those of the path. @throws ApiFailure; DOMException AbortError when `signal` aborts. */
export const post = <Path extends PostPath>(
  path: Path,
  params: Part<RouteAt<'POST', Path>, 'params'>,
  body: PostBody<Path>,
  signal?: AbortSignal,
): Promise<PostAnswer<Path>> =>
  send<PostAnswer<Path>>(address(path, params as Readonly<Record<string, unknown>>), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: signal ?? null,
  });

/** Trades a token for the session cookie. @throws ApiFailure with code UNAUTHENTICATED when it is not the token. */
export const createSession = (token: string): Promise<PostAnswer<'/session'>> => post('/session', {}, { token });

export const deleteSession = (): Promise<GetAnswer<'/session'>> => send('/api/v1/session', { method: 'DELETE' });

/** Whatever was thrown, as the failure to show. */
export const failureOf = (error: unknown): ApiFailure =>
  error instanceof ApiFailure
    ? error
    : new ApiFailure({
        code: 'INTERNAL',
        message: error instanceof Error ? error.message : String(error),
        request_id: '',
      });

// ---- helpers

/** Path parameters are filled in and taken out; what is left becomes the query. */
const address = (path: string, values: Readonly<Record<string, unknown>>): string => {
  const rest = new Map(Object.entries(values));
  const filled = path.replace(/:(\w+)/g, (_, name: string) => {
    const value = rest.get(name);
    rest.delete(name);
    return encodeURIComponent(String(value));
  });
  const query = new URLSearchParams();
  for (const [name, value] of rest) if (value !== undefined && value !== '') query.set(name, String(value));
  return `/api/v1${filled}${query.size > 0 ? `?${query}` : ''}`;
};

const send = async <T>(url: string, init: RequestInit): Promise<T> => {
  let response: Response;
  try {
    response = await ((init.method === undefined && takeEarly(url)) ||
      fetch(url, { credentials: 'same-origin', ...init }));
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw unreachable();
  }
  const body: unknown = await response.json().catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    return null;
  });
  if (isSuccess<T>(body)) return body.data;
  if (!isFailure(body)) throw response.ok || response.status >= 500 ? unreachable() : unreadable(response.status);
  if (body.error.code === 'UNAUTHENTICATED') window.dispatchEvent(new Event(unauthenticatedEvent));
  throw new ApiFailure(body.error);
};

const isSuccess = <T>(body: unknown): body is { success: true; data: T } =>
  typeof body === 'object' && body !== null && 'success' in body && body.success === true;
const isFailure = (body: unknown): body is Failure =>
  typeof body === 'object' && body !== null && 'success' in body && body.success === false;

const unreachable = (): ApiFailure =>
  new ApiFailure({
    code: 'UNAVAILABLE',
    message: 'The server does not answer.',
    request_id: '',
  });
const unreadable = (status: number): ApiFailure =>
  new ApiFailure({ code: 'INTERNAL', message: `The answer could not be read (HTTP ${status}).`, request_id: '' });
