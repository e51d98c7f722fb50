/**
 * Names, ids and colour slots of services, from whichever answer told them last: so that a name on any page has its
 * colour and its link.
 */
import { SvelteMap } from 'svelte/reactivity';
import { link } from './url-state.svelte.ts';

export interface KnownService {
  readonly name: string;
  readonly id: string;
  /** 0 to 15; null from the 17th service on. */
  readonly slot: number | null;
}

const known = new SvelteMap<string, KnownService>();

export const rememberServices = (services: readonly KnownService[]): void => {
  for (const service of services) {
    const before = known.get(service.name);
    if (before?.id === service.id && before.slot === service.slot) continue;
    known.set(service.name, { name: service.name, id: service.id, slot: service.slot });
  }
};

/** Another project has services of its own, in colours of their own. */
export const forgetServices = (): void => known.clear();

export const knownServices = (): KnownService[] => [...known.values()].sort((a, b) => a.name.localeCompare(b.name));

/** The slot kept with the project, else the one the name would take first; null means: no colour of its own. */
export const slotOf = (name: string): number | null => {
  const service = known.get(name);
  return service === undefined ? hash(name) % 8 : service.slot;
};

/** The service's page, or the list filtered by its name while its id is unknown. */
export const serviceLink = (name: string): string => {
  const service = known.get(name);
  return service === undefined ? link('/services', { q: name }) : link(`/services/${encodeURIComponent(service.id)}`);
};

/** The token of a slot's hue: `s1` to `s8`. Slots 8 to 15 reuse the hues, drawn notched. */
export const slotToken = (slot: number | null): string => (slot === null ? 'ink-2' : `s${(slot % 8) + 1}`);
export const isNotched = (slot: number | null): boolean => slot !== null && slot >= 8;

// ---- helpers

/** 32-bit FNV-1a, as the server uses to choose the first slot. */
const hash = (text: string): number => {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  return value;
};
