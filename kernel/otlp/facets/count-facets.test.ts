import { expect, test } from 'vitest';
import { readBlock } from '../native/read-block.ts';
import { type Random, randomOf } from '../proof/random-requests.ts';
import { FacetsOfBlock } from './count-facets.ts';
import { type FacetLimits, facetLimits } from './facet-limits.ts';
import {
  blockOf,
  day,
  type Facet,
  facetsOf,
  hourNs,
  inOrder,
  noon,
  type Pairs,
  type Resource,
  record,
  short,
} from './test-facets.ts';

/** The same, slowly and obviously. Knows the limits of a key and of a value alone. */
const slowFacetsOf = (resources: readonly Resource[], limits: FacetLimits): Facet[] => {
  const occurrences: { readonly of: Omit<Facet, 'value' | 'rows' | 'unlisted' | 'retention_days'>; value: string }[] =
    [];
  const retention = new Map<string, number>();
  for (const { attributes, records } of resources) {
    for (const one of records) {
      const hour = Number(one.timeNs / hourNs) * 3600;
      const tenant = { org: one.org, project: one.project, signal: 'spans', hour };
      const name = JSON.stringify(tenant);
      retention.set(name, Math.max(retention.get(name) ?? 0, one.retentionDays));
      const add =
        (scope: string) =>
        ([key, value]: Pairs[number]) =>
          occurrences.push({ of: { ...tenant, scope, key, received_day: day }, value });
      one.attributes.forEach(add('record'));
      attributes.forEach(add('resource'));
    }
  }
  const byKey = Map.groupBy(occurrences, ({ of }) => JSON.stringify(of));
  const facets: Facet[] = [];
  for (const [name, all] of byKey) {
    const of = JSON.parse(name) as (typeof occurrences)[number]['of'];
    const { org, project, signal, hour } = of;
    const retention_days = retention.get(JSON.stringify({ org, project, signal, hour }))!;
    const short = all.filter(({ value }) => value !== '' && Buffer.byteLength(value) <= limits.valueBytes);
    const values = Map.groupBy(short, ({ value }) => value);
    const isListed = values.size <= limits.valuesOfKey && values.size <= 16 + short.length / 8;
    const listed = isListed ? [...values] : [];
    for (const [value, some] of listed) {
      facets.push({ ...of, retention_days, value, rows: BigInt(some.length), unlisted: 0n });
    }
    const rest = all.length - listed.reduce((sum, [, some]) => sum + some.length, 0);
    const empty = all.filter(({ value }) => value === '').length;
    if (rest > 0) facets.push({ ...of, retention_days, value: '', rows: BigInt(rest), unlisted: BigInt(rest - empty) });
  }
  return inOrder(facets);
};

test('values are counted per key, those of a resource once for each of its records', () => {
  const resources = [
    {
      attributes: [['service.name', 'cart']],
      records: [record([['a', 'x']]), record([['a', 'y']]), record([['a', 'x']])],
    },
    { attributes: [['service.name', 'auth']], records: [record([['a', 'x']])] },
  ] satisfies Resource[];
  const facets = facetsOf(resources);
  expect(short(facets)).toEqual([
    ['record', 'a', 'x', 3, 0],
    ['record', 'a', 'y', 1, 0],
    ['resource', 'service.name', 'auth', 1, 0],
    ['resource', 'service.name', 'cart', 3, 0],
  ]);
  expect(facets[0]).toEqual({
    ...{ org: 'o', project: 'p', signal: 'spans', hour: Number(noon / 1_000_000_000n), scope: 'record', key: 'a' },
    ...{ value: 'x', received_day: day, retention_days: 30, rows: 3n, unlisted: 0n },
  });
});

test('of what is empty, too long or one of too many the key alone is counted', () => {
  const long = 'x'.repeat(65);
  const attributes = (i: number): Pairs => [
    ['few', `${i % 5}`],
    ['id', `value ${i}`],
    ['text', i < 10 ? long : 'short'],
    ['nothing', ''],
  ];
  const records = Array.from({ length: 40 }, (_, i) => record(attributes(i)));
  expect(short(facetsOf([{ attributes: [], records }]))).toEqual([
    ...['0', '1', '2', '3', '4'].map((value) => ['record', 'few', value, 8, 0]),
    ['record', 'id', '', 40, 40],
    ['record', 'nothing', '', 40, 0],
    ['record', 'text', '', 10, 10],
    ['record', 'text', 'short', 30, 0],
  ]);
});

test('a key with more values than a key may have lists none of them', () => {
  const limits = { ...facetLimits, valuesOfKey: 3 };
  const of = (values: number) =>
    short(
      facetsOf(
        [{ attributes: [], records: Array.from({ length: 100 }, (_, i) => record([['k', `${i % values}`]])) }],
        limits,
      ),
    );
  expect(of(3).length).toBe(3);
  expect(of(4)).toEqual([['record', 'k', '', 100, 100]]);
});

test('beyond the limit of all values a key has those that came before; beyond that of keys it is not there', () => {
  const records = Array.from({ length: 10 }, (_, i) =>
    record([
      ['a', `${i % 4}`],
      ['b', 'x'],
      ['c', 'y'],
    ]),
  );
  const of = (limits: Partial<FacetLimits>) =>
    short(facetsOf([{ attributes: [], records }], { ...facetLimits, ...limits }));
  expect(of({ values: 3 })).toEqual([
    ['record', 'a', '', 7, 7],
    ['record', 'a', '0', 3, 0],
    ['record', 'b', 'x', 10, 0],
    ['record', 'c', 'y', 10, 0],
  ]);
  expect(of({ keys: 2 }).map(([, key]) => key)).toEqual(['a', 'a', 'a', 'a', 'b']);
});

test('what is beyond the limit of hours is left out', () => {
  const records = [record([['a', 'x']]), record([['a', 'x']], noon + hourNs), record([['a', 'x']])];
  const facets = facetsOf([{ attributes: [['r', 'y']], records }], { ...facetLimits, hours: 1 });
  expect(short(facets)).toEqual([
    ['record', 'a', 'x', 2, 0],
    ['resource', 'r', 'y', 2, 0],
  ]);
});

test('the last nanosecond of an hour belongs to it, and nothing to an hour that no DateTime holds', () => {
  const hourOf = (timeNs: bigint) => facetsOf([{ attributes: [], records: [record([['a', '']], timeNs)] }])[0]!.hour;
  for (const start of [0n, noon, 500_000n * hourNs]) {
    expect(hourOf(start)).toBe(Number(start / 1_000_000_000n));
    expect(hourOf(start + hourNs - 1n)).toBe(Number(start / 1_000_000_000n));
  }
  expect(hourOf(2n ** 63n - 1n)).toBe(Math.floor(0xffffffff / 3600) * 3600);
});

test('it counts as one would by hand, whatever comes, and blocks do not see each other', () => {
  const random = randomOf(7);
  const facets = new FacetsOfBlock('spans', { ...facetLimits, valuesOfKey: 40 });
  for (let round = 0; round < 60; round++) {
    const resources = Array.from({ length: random(6) }, () => randomResource(random));
    const { block, time, rows } = blockOf(resources);
    facets.count(block, time, rows);
    const counted = [...readBlock(Buffer.concat(facets.written().rows))] as unknown as Facet[];
    expect(inOrder(counted), `round ${round}`).toEqual(slowFacetsOf(resources, { ...facetLimits, valuesOfKey: 40 }));
  }
});

test('the same block makes the same bytes', () => {
  const bytes = () => {
    const random = randomOf(11);
    const { block, time, rows } = blockOf(Array.from({ length: 20 }, () => randomResource(random)));
    const facets = new FacetsOfBlock('logs');
    facets.count(block, time, rows);
    return Buffer.concat(facets.written().rows);
  };
  expect(bytes().equals(bytes())).toBe(true);
});

const randomResource = (random: Random): Resource => {
  const project = `p${random(3)}`;
  return {
    attributes: randomPairs(random),
    records: Array.from({ length: random(4) === 0 ? 0 : random(200) }, () => ({
      ...{ org: 'o', project, retentionDays: 1 + random(90) },
      timeNs: noon + BigInt(random(3)) * hourNs + BigInt(random(5)),
      attributes: randomPairs(random),
    })),
  };
};

const randomPairs = (random: Random): Pairs => {
  const shape = (i: number): string => {
    if (i % 4 === 0) return ['on', 'off', ''][random(3)]!;
    if (i % 4 === 1) return `id ${random(1e9)}`;
    if (i % 4 === 2) return 'ünïcode 漢字 '.repeat(random(6));
    return `${random(30 * (i + 1))}`;
  };
  return Array.from({ length: 10 }, (_, i) => [`key ${i}`, shape(i)] as const).filter(() => random(3) > 0);
};
