import { expect, test } from 'vitest';
import { metricPlaces } from './metric-places.ts';

test('names host, pod and service as filters', () => {
  expect(metricPlaces('shop', { 'host.name': 'fsn1-app-2', 'k8s.pod.name': 'web 7f9c', 'process.pid': 3 })).toEqual([
    { kind: 'host', name: 'fsn1-app-2', q: 'host.name:fsn1-app-2' },
    { kind: 'pod', name: 'web 7f9c', q: 'k8s.pod.name:"web 7f9c"' },
    { kind: 'service', name: 'shop', q: 'service:shop' },
  ]);
  expect(metricPlaces('shop', { 'host.name': 'a' }).map(({ kind }) => kind)).toEqual(['host', 'service']);
});

test.each([{}, { 'host.id': 'x' }, { 'host.name': '' }, { 'k8s.pod.name': null }])(
  'names nothing of %j',
  (attributes) => {
    expect(metricPlaces('shop', attributes)).toEqual([]);
  },
);
