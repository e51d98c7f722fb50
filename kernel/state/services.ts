/** The services of each project: the state of `processors/register-services.ts`, and what the API reads of it. */

import type { StateStore } from '../processor.ts';
import type { ServiceRegistered } from '../topics.ts';
import type { Queries } from './database.ts';
import { and, asc, eq, inArray } from './drizzle.ts';
import { services } from './tables.ts';

/** In the order they were first seen. `atMs` is when that was. */
export type ProjectServices = readonly ServiceRegistered[];

/** By project. Services are only ever added. */
export const projectServices: StateStore<ProjectServices> = {
  async load(queries, projectIds) {
    const rows = await queries
      .select()
      .from(services)
      .where(inArray(services.projectId, [...projectIds]))
      .orderBy(asc(services.firstSeenAt));
    return Map.groupBy(rows.map(asRegistered), ({ project }) => project);
  },

  async save(queries, changes) {
    const added = changes.flatMap(({ before, after }) => {
      const known = new Set(before);
      return after.filter((service) => !known.has(service));
    });
    if (added.length > 0) await queries.insert(services).values(added.map(asRow));
  },

  async clear(queries) {
    await queries.delete(services);
  },
};

export const servicesOf = async (
  queries: Queries,
  tenant: { readonly org: string; readonly project: string },
): Promise<ProjectServices> => {
  const rows = await queries
    .select()
    .from(services)
    .where(and(eq(services.orgId, tenant.org), eq(services.projectId, tenant.project)))
    .orderBy(asc(services.name));
  return rows.map(asRegistered);
};

export const serviceById = async (queries: Queries, serviceId: string): Promise<ServiceRegistered | undefined> => {
  const rows = await queries.select().from(services).where(eq(services.serviceId, serviceId));
  return rows.map(asRegistered)[0];
};

const asRegistered = (row: typeof services.$inferSelect): ServiceRegistered => ({
  org: row.orgId,
  project: row.projectId,
  service: row.name,
  serviceId: row.serviceId,
  slot: row.slot,
  atMs: row.firstSeenAt.getTime(),
});

const asRow = (registered: ServiceRegistered): typeof services.$inferInsert => ({
  serviceId: registered.serviceId,
  orgId: registered.org,
  projectId: registered.project,
  name: registered.service,
  slot: registered.slot,
  firstSeenAt: new Date(registered.atMs),
});
