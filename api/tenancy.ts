/** Whose data a request may see: the one place where ids of a request become an organisation and a project. */
import type { Tenant } from '../kernel/telemetry/client.ts';
import { ApiError } from './api-error.ts';
import type { Project } from './contract/installation.ts';

export interface RegisteredService {
  readonly serviceId: string;
  readonly service: string;
  /** Colour slot 0 to 15; null from the 17th service on. */
  readonly slot: number | null;
}

/** What the API needs to know of projects and services. */
export interface Projects {
  /** All of them, the default project first. */
  list(): Promise<readonly Project[]>;
  ofService(serviceId: string): Promise<{ readonly tenant: Tenant; readonly service: string } | undefined>;
  services(tenant: Tenant): Promise<readonly RegisteredService[]>;
  /** The key to send with; undefined where it may not be shown. */
  ingestKey(projectId: string): Promise<string | undefined>;
}

export interface Scope {
  readonly tenant: Tenant;
  readonly service: string | undefined;
}

/**
 * The scope of a request: that of `serviceId`, else that of `projectId`, else the default project.
 * @throws ApiError NOT_FOUND when there is no such project or service.
 */
export const resolveScope = async (
  projects: Projects,
  ids: { readonly projectId?: string | undefined; readonly serviceId?: string | undefined },
): Promise<Scope> => {
  if (ids.serviceId !== undefined) {
    const found = await projects.ofService(ids.serviceId);
    if (found === undefined) throw new ApiError('NOT_FOUND', 'There is no service with this id.');
    return found;
  }
  const all = await projects.list();
  const project = ids.projectId === undefined ? all[0] : all.find((p) => p.id === ids.projectId);
  if (project === undefined) throw new ApiError('NOT_FOUND', 'There is no project with this id.');
  return { tenant: { org: project.org, project: project.id }, service: undefined };
};
