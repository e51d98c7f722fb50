/**
 * Gives every service of a project its place: an id and a colour slot that never changes, so that people recognise it
 * on every page. Reads what ingest saw; the API reads the rows.
 */
import { z } from 'zod';
import { defineProcessor, type Message } from '../kernel/processor.ts';
import { serviceIdOf } from '../kernel/service-id.ts';
import { type ProjectServices, projectServices } from '../kernel/state/services.ts';
import {
  type ServiceRegistered,
  type ServiceSeen,
  servicesRegisteredTopic,
  servicesSeenTopic,
} from '../kernel/topics.ts';

/** Whoever puts an id into the service name would otherwise fill the state and every list of services. */
export const maxServicesPerProject = 1000;
export const maxServiceNameLength = 1024;

export const registerServices = defineProcessor<ProjectServices, ServiceSeen>({
  name: 'register-services',
  reads: [servicesSeenTopic],
  writes: [servicesRegisteredTopic],
  store: projectServices,
  initial: [],
  parse({ key, value }) {
    const seen = serviceSeen.parse(JSON.parse(Buffer.from(value).toString()));
    if (seen.project !== key) throw new Error(`its key is ${key}, but it is of project ${seen.project}`);
    return seen;
  },
  decide: (state, { event, key }: Message<ServiceSeen>) => {
    if (state.some(({ service }) => service === event.service)) return { state, emit: [] };
    const dropped = whyNot(state, event.service);
    if (dropped !== undefined) return { state, emit: [], dropped };
    const registered: ServiceRegistered = {
      ...event,
      serviceId: serviceIdOf(event.org, event.project, event.service),
      slot: freeSlot(new Set(state.map(({ slot }) => slot)), event.service),
    };
    return { state: [...state, registered], emit: [{ topic: servicesRegisteredTopic, key, value: registered }] };
  },
});

const serviceSeen = z.object({
  org: z.string().min(1),
  project: z.string().min(1),
  service: z.string(),
  // The last millisecond that a Date can hold.
  atMs: z.number().int().min(0).max(8.64e15),
});

const whyNot = (state: ProjectServices, service: string): string | undefined => {
  if (state.length >= maxServicesPerProject) return `the project has ${maxServicesPerProject} services already`;
  if (service.length > maxServiceNameLength)
    return `the service name is longer than ${maxServiceNameLength} characters`;
  return service.includes('\0') ? 'the service name has a zero byte in it' : undefined;
};

/**
 * The slot that the name asks for, or the next one that is free: first among the eight hues, then among the same eight
 * with a notch (slots 8 to 15). -1 when all are taken.
 */
const freeSlot = (taken: ReadonlySet<number>, service: string): number => {
  const wanted = fnv1a(service) % hues;
  for (const first of [0, hues]) {
    for (let step = 0; step < hues; step++) {
      const slot = first + ((wanted + step) % hues);
      if (!taken.has(slot)) return slot;
    }
  }
  return -1;
};

const hues = 8;

/** 32 bits, over the UTF-8 bytes (draft-eastlake-fnv). */
const fnv1a = (text: string): number => {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
};
