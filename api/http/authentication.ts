/** Which routes ask for a credential: all of the API's unless their contract says no, and others that say yes. */
import type { FastifyInstance } from 'fastify';
import type { Sessions } from './session.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the route answers only those who may see the installation. */
    readonly authenticated?: boolean;
  }
}

export const addAuthentication = (app: FastifyInstance, sessions: Sessions): void => {
  app.addHook('onRequest', async (request) => {
    const { url, config } = request.routeOptions;
    if (url === undefined) return;
    const isOfApi = url.startsWith('/api/');
    if (config.authenticated ?? isOfApi) sessions.authenticate(request);
    else if (isOfApi) sessions.guard(request);
  });
};
