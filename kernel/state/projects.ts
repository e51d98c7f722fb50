/** Projects and what belongs to them, as the API asks for them. */

import { defaultTenant } from '../tenants.ts';
import type { Queries } from './database.ts';
import { asc, sql } from './drizzle.ts';
import { serviceById, servicesOf } from './services.ts';
import { projects } from './tables.ts';
import { orUnavailable } from './unavailable.ts';

/** @param ingestKey the default project's first key, where it may be shown. */
export const openProjects = (queries: Queries, ingestKey: string | undefined) => ({
  /** The default project first, then in the order they were made. */
  list: () =>
    orUnavailable(
      queries
        .select({ id: projects.projectId, org: projects.orgId, name: projects.name })
        .from(projects)
        .orderBy(
          sql`${projects.projectId} <> ${defaultTenant.project}`,
          asc(projects.createdAt),
          asc(projects.projectId),
        ),
    ),

  async ofService(serviceId: string) {
    const found = await orUnavailable(serviceById(queries, serviceId));
    return found && { tenant: { org: found.org, project: found.project }, service: found.service };
  },

  /** `slot` is null where the service has no colour of its own. */
  async services(tenant: { readonly org: string; readonly project: string }) {
    const found = await orUnavailable(servicesOf(queries, tenant));
    return found.map(({ serviceId, service, slot }) => ({ serviceId, service, slot: slot < 0 ? null : slot }));
  },

  /** The key to send with; undefined where it may not be shown. */
  ingestKey: async (projectId: string) => (projectId === defaultTenant.project ? ingestKey : undefined),
});
