/** The API's server for tests: real fastify, with whatever handlers a test brings. */
import type { FastifyInstance } from 'fastify';
import { buildServer, type ServerOptions } from './server.ts';
import type { Projects } from './tenancy.ts';
import { testTenant } from './test-store.ts';

/** One project and one service, `checkout`, whose id is `svc_checkout`. */
export const testProjects: Projects = {
  list: async () => [{ id: testTenant.project, org: testTenant.org, name: 'Default' }],
  ofService: async (serviceId) =>
    serviceId === 'svc_checkout' ? { tenant: testTenant, service: 'checkout' } : undefined,
  services: async () => [{ serviceId: 'svc_checkout', service: 'checkout', slot: 3 }],
  ingestKey: async () => 'sk_test',
};

/** Open on loopback, unless told otherwise. */
export const buildTestServer = (
  options: Omit<Partial<ServerOptions>, 'config'> & { readonly config?: Partial<ServerOptions['config']> } = {},
): Promise<FastifyInstance> =>
  buildServer({
    projects: testProjects,
    handlers: {},
    ...options,
    config: { adminToken: undefined, loopback: true, ...options.config },
  });
