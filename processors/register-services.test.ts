import { expect, test } from 'vitest';
import { serviceIdOf } from '../kernel/service-id.ts';
import { story } from '../kernel/story.ts';
import {
  type ServiceRegistered,
  type ServiceSeen,
  servicesRegisteredTopic,
  servicesSeenTopic,
} from '../kernel/topics.ts';
import { maxServicesPerProject, registerServices } from './register-services.ts';

const seen = (service: string, fields: Partial<ServiceSeen> = {}) => ({
  topic: servicesSeenTopic,
  key: fields.project ?? 'prj_a',
  value: { org: 'org_a', project: 'prj_a', service, atMs: 1_700_000_000_000, ...fields } satisfies ServiceSeen,
});
const registered = (service: string, slot: number, fields: Partial<ServiceSeen> = {}) => {
  const value: ServiceSeen = seen(service, fields).value;
  const serviceId = serviceIdOf(value.org, value.project, service);
  return {
    topic: servicesRegisteredTopic,
    key: value.project,
    value: { ...value, serviceId, slot } satisfies ServiceRegistered,
  };
};

test('a new service gets the slot its name asks for', () => {
  // FNV-1a of "a" is e40c292c, of "foobar" bf9cf968 (draft-eastlake-fnv, appendix C): both as published.
  story(registerServices)
    .given([])
    .when(seen('a'))
    .thenEmits([registered('a', 0xe40c292c % 8)]);
  story(registerServices)
    .given([])
    .when(seen('foobar'))
    .thenEmits([registered('foobar', 0xbf9cf968 % 8)]);
});

test('a service that is known is not registered again', () => {
  story(registerServices)
    .given([seen('checkout'), seen('cart')])
    .when(seen('checkout', { atMs: 1_800_000_000_000 }))
    .thenEmits([]);
});

test('on a collision the newcomer takes the next free slot and the first one keeps its own', () => {
  const [first, second, third] = namesWanting(7, 3);
  story(registerServices)
    .given([seen(first!), seen(second!)])
    .when(seen(third!))
    .thenEmits([registered(third!, 1)])
    .thenState('prj_a', [registered(first!, 7).value, registered(second!, 0).value, registered(third!, 1).value]);
});

test('nine to sixteen take the notched hues, and from the seventeenth there is none', () => {
  const names = Array.from({ length: 17 }, (_, i) => `service-${i}`);
  const slots = names.map((name, i) => {
    const ending = story(registerServices)
      .given(names.slice(0, i).map((given) => seen(given)))
      .when(seen(name));
    return ending.emissions.map(({ value }) => (value as ServiceRegistered).slot);
  });
  expect(slots.slice(0, 8).flat().sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(
    slots
      .slice(8, 16)
      .flat()
      .sort((a, b) => a - b),
  ).toEqual([8, 9, 10, 11, 12, 13, 14, 15]);
  expect(slots[16]).toEqual([-1]);
});

test('projects do not see one another', () => {
  const elsewhere = { project: 'prj_b', org: 'org_b' };
  story(registerServices)
    .given([seen('a')])
    .when(seen('a', elsewhere))
    .thenEmits([registered('a', 0xe40c292c % 8, elsewhere)]);
});

test('services beyond the limit are dropped and say so', () => {
  const full = Array.from({ length: maxServicesPerProject }, (_, i) => seen(`pod-${i}`));
  const project = story(registerServices).given(full);
  project.when(seen('one more')).thenEmits([]).thenDropped('the project has 1000 services already');
  project.when(seen('pod-3')).thenEmits([]);
});

test('names that cannot be kept are dropped', () => {
  const empty = story(registerServices).given([]);
  empty.when(seen('a\0b')).thenEmits([]).thenDropped('the service name has a zero byte in it');
  empty
    .when(seen('x'.repeat(1025)))
    .thenEmits([])
    .thenDropped('the service name is longer than 1024 characters');
});

test('what is not the event it should be is a dead letter', () => {
  const empty = story(registerServices).given([]);
  empty.when({ ...seen('a'), value: { project: 'prj_a' } }).thenDeadLetter(/expected string/);
  empty.when({ ...seen('a'), key: 'prj_b' }).thenDeadLetter(/its key is prj_b, but it is of project prj_a/);
  empty.when(seen('a', { atMs: 1e300 })).thenDeadLetter(/atMs/);
});

/** Names whose hash asks for `slot`, found with the published algorithm written out anew. */
const namesWanting = (slot: number, count: number): string[] => {
  const hash = (text: string): bigint =>
    [...new TextEncoder().encode(text)].reduce(
      (h, byte) => ((h ^ BigInt(byte)) * 16_777_619n) & 0xffff_ffffn,
      2_166_136_261n,
    );
  const names: string[] = [];
  for (let i = 0; names.length < count; i++) if (hash(`name-${i}`) % 8n === BigInt(slot)) names.push(`name-${i}`);
  return names;
};
