/** Turns the contract into fastify routes: parse what came in, find whose data it is about, answer in one shape. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from '../api-error.ts';
import type { Route } from '../contract/values.ts';
import { contract, type RouteName } from '../contract.ts';
import type { Handlers, SessionRouteName } from '../handler.ts';
import { type Projects, resolveScope, type Scope } from '../tenancy.ts';

export const apiPrefix = '/api/v1';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose data it asked for, once that is known. */
    project?: string;
  }
}

/** Answers one route with cookies and headers in reach. */
export type Respond = (
  input: Record<string, unknown>,
  request: FastifyRequest,
  reply: FastifyReply,
) => Promise<unknown>;
export type SessionResponders = { readonly [Name in SessionRouteName]: Respond };

/** Routes without a handler are not registered, so they answer 404. */
export const registerRoutes = (
  app: FastifyInstance,
  options: { readonly projects: Projects; readonly handlers: Partial<Handlers>; readonly session: SessionResponders },
): void => {
  app.decorateRequest('project', undefined);
  for (const name of Object.keys(contract) as RouteName[]) {
    const respond = isSessionRoute(name)
      ? options.session[name]
      : respondWith(options.handlers[name] as AnyHandler | undefined, options.projects);
    if (respond !== undefined) registerRoute(app, contract[name], respond);
  }
};

type AnyHandler = (input: unknown, context: Scope) => Promise<unknown>;

const isSessionRoute = (name: RouteName): name is SessionRouteName =>
  name === 'getSession' || name === 'createSession' || name === 'deleteSession';

const respondWith = (handler: AnyHandler | undefined, projects: Projects): Respond | undefined =>
  handler &&
  (async (input, request) => {
    const scope = await resolveScope(projects, input);
    request.project = scope.tenant.project;
    return handler(input, scope);
  });

const registerRoute = (app: FastifyInstance, route: Route, respond: Respond): void => {
  app.route({
    method: route.method,
    url: `${apiPrefix}${route.path}`,
    config: { authenticated: route.authenticated },
    handler: async (request, reply) => {
      const data = await respond(parseInput(route, request), request, reply);
      // An answer is one person's view of this moment: no cache may keep it.
      return reply.header('cache-control', 'no-store').send({ success: true, data });
    },
  });
};

/** DateTime64(9) holds times before April 2262: later ones would wrap around inside ClickHouse. */
const latestMs = 9_223_372_036_000;

const parseInput = (route: Route, request: FastifyRequest): Record<string, unknown> => {
  const input: Record<string, unknown> = {};
  for (const part of ['params', 'query', 'body'] as const) {
    const schema = route[part];
    if (schema === undefined) continue;
    const parsed = schema.safeParse(request[part] ?? {});
    if (!parsed.success) {
      const issue = parsed.error.issues[0]!;
      const where = issue.path.length > 0 ? issue.path.join('.') : part;
      throw new ApiError('INVALID_REQUEST', `"${where}" cannot be used: ${issue.message}.`);
    }
    Object.assign(input, parsed.data);
  }
  const { fromMs, toMs } = input as { fromMs?: number; toMs?: number };
  if (fromMs !== undefined && toMs !== undefined) {
    if (fromMs >= toMs) throw new ApiError('INVALID_REQUEST', '"fromMs" must be before "toMs".');
    if (toMs > latestMs) throw new ApiError('INVALID_REQUEST', `"toMs" can be at most ${latestMs}.`);
  }
  return input;
};
