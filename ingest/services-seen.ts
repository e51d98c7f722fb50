/**
 * Announces the services that send, each once, so that whoever keeps the list of services need not read telemetry. Said
 * again every hour, since the topic forgets.
 */
import type { Log, NewRecord } from '../kernel/log/log.ts';
import { type ServiceSeen, servicesSeenTopic } from '../kernel/topics.ts';
import type { Tenant } from './authenticate.ts';

/** Never rejects: a service that could not be announced now is announced with its next data. */
export type AnnounceServices = (tenant: Tenant, services: readonly string[], atMs: number) => Promise<void>;

const repeatMs = 3_600_000;
/** Beyond this many, the service announced longest ago is forgotten, and so announced again when it sends. */
const maxRemembered = 50_000;

export const announceServicesTo = (log: Pick<Log, 'append'>): AnnounceServices => {
  /** When each was announced, the longest ago first. */
  const announced = new Map<string, number>();
  return async ({ org, project }, services, atMs) => {
    const records: NewRecord[] = [];
    const names: string[] = [];
    for (const service of services) {
      const name = `${org}\0${project}\0${service}`;
      if (atMs - (announced.get(name) ?? Number.NEGATIVE_INFINITY) < repeatMs) continue;
      const value: ServiceSeen = { org, project, service, atMs };
      records.push({ key: project, headers: {}, value: Buffer.from(JSON.stringify(value)) });
      names.push(name);
      remember(announced, name, atMs);
    }
    if (records.length === 0) return;
    try {
      await log.append(servicesSeenTopic.name, records);
    } catch {
      for (const name of names) announced.delete(name);
    }
  };
};

const remember = (announced: Map<string, number>, name: string, atMs: number): void => {
  announced.delete(name);
  announced.set(name, atMs);
  if (announced.size <= maxRemembered) return;
  for (const oldest of announced.keys()) {
    announced.delete(oldest);
    return;
  }
};
