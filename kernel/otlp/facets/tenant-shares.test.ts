import { describe, expect, test } from 'vitest';
import { type FacetLimits, facetLimits } from './facet-limits.ts';
import { TenantShares } from './tenant-shares.ts';
import { facetsOf, hourNs, noon, type Pairs, type Resource, record, short } from './test-facets.ts';

describe('shares', () => {
  const takenOf = (shares: TenantShares, tenant: number) => {
    let taken = 0;
    while (shares.take(tenant)) taken++;
    return taken;
  };

  test.each([0, 1, 2, 3, 100, 101])('one tenant alone may take all of %i', (limit) => {
    const shares = new TenantShares(limit);
    shares.start(1);
    expect(takenOf(shares, 0)).toBe(limit);
  });

  test('each has its part of one half, whoever takes the other half', () => {
    const shares = new TenantShares(1000);
    for (const first of [0, 3, 9]) {
      shares.start(10);
      expect(takenOf(shares, first)).toBe(50 + 500);
      for (let tenant = 0; tenant < 10; tenant++) expect(takenOf(shares, tenant)).toBe(tenant === first ? 0 : 50);
    }
  });

  test.each([1, 2, 3, 7, 16, 17, 999, 1000, 5000])('%i tenants take no more than all in all', (tenants) => {
    const shares = new TenantShares(1000);
    shares.start(tenants);
    let taken = 0;
    for (let tenant = tenants - 1; tenant >= 0; tenant--) taken += takenOf(shares, tenant);
    expect(taken).toBe(1000);
  });
});

describe('a tenant that uses up its share takes nothing of the facets of another', () => {
  const ofTenant = (org: string, all: readonly Pairs[], time: (row: number) => bigint = () => noon): Resource => ({
    attributes: [
      ['service.name', `of ${org}`],
      ['host.name', `node ${org}`],
    ],
    records: all.map((pairs, row) => ({ ...record(pairs, time(row)), org })),
  });
  const rows = <T>(count: number, make: (row: number) => T): T[] =>
    Array.from({ length: count }, (_, row) => make(row));

  const usual = ofTenant(
    'B',
    rows(1000, (row) => [
      ['http.route', `/r${row % 5}`],
      ['http.response.status_code', row % 50 === 0 ? '500' : '200'],
      ['order.id', `order ${row}`],
    ]),
    (row) => noon + BigInt(row % 2) * hourNs,
  );
  const greedy: readonly (readonly [string, Resource])[] = [
    [
      '33 records with 500 keys each',
      ofTenant(
        'A',
        rows(33, (row) => rows(500, (i) => [`k${row}_${i}`, 'v'] as const)),
      ),
    ],
    [
      '70 keys with 1000 values each',
      ofTenant(
        'A',
        rows(1000, (row) => rows(70, (i) => [`id.${i}`, `v${row}`] as const)),
      ),
    ],
    [
      'a record in each of 20,000 hours',
      ofTenant(
        'A',
        rows(20_000, () => [['a', 'x']]),
        (row) => BigInt(row) * hourNs,
      ),
    ],
    [
      'many hours and many keys',
      ofTenant(
        'A',
        rows(400, (row) => rows(100, (i) => [`k${(row % 20) * 100 + i}`, 'v'] as const)),
        (row) => BigInt(row) * hourNs,
      ),
    ],
  ];
  const ofB = (resources: readonly Resource[], limits?: FacetLimits) =>
    short(facetsOf(resources, limits).filter(({ org }) => org === 'B'));
  const alone = ofB([usual]);

  test('alone it has them all', () => {
    const sums = alone.filter(([, key]) => key === 'http.route').map(([, , value, count]) => [value, count]);
    expect(sums).toEqual(rows(10, (i) => [`/r${i % 5}`, 100]));
    expect(alone).toContainEqual(['record', 'order.id', '', 500, 500]);
    expect(alone).toContainEqual(['resource', 'service.name', 'of B', 500, 0]);
  });

  test.each(greedy)('%s, before, behind and between', (_, other) => {
    expect(ofB([other, usual])).toEqual(alone);
    expect(ofB([usual, other])).toEqual(alone);
    const halves = [usual.records.slice(0, 500), usual.records.slice(500)].map((records) => ({ ...usual, records }));
    expect(ofB([halves[0]!, other, halves[1]!])).toEqual(alone);
  });

  test('each of the limits is divided', () => {
    const small = { ...facetLimits, keys: 40, hours: 8, values: 2400 };
    expect(ofB([usual], small)).toEqual(alone);
    for (const [, other] of greedy) expect(ofB([other, usual], small)).toEqual(alone);
  });

  test('what it takes is bounded, and counted for it', () => {
    const facets = facetsOf([greedy[0]![1], usual]);
    const keysOfA = facets.filter(({ org, scope }) => org === 'A' && scope === 'record').length;
    // its own quarter, and the half that is for all
    expect(keysOfA).toBe(0.75 * facetLimits.keys);
  });
});
