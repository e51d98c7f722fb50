import { expect, test } from 'vitest';
import { calledAddress, isExternalCall } from './external-call.ts';
import { type Sketch, spansOf } from './fixture-spans.ts';
import { buildTree } from './tree.ts';

const call = (attributes: NonNullable<Sketch['attributes']>, more: Partial<Sketch> = {}): Sketch => ({
  id: 'call',
  from: 0,
  to: 10,
  kind: 'client',
  attributes,
  ...more,
});
const external = (...sketches: Sketch[]) => isExternalCall(buildTree(spansOf(sketches)).nodes[0]!);

test.each([
  { 'url.full': 'https://api.stripe.com/v1/payment_intents' },
  { 'http.url': 'http://api.stripe.com:8080/' },
  { 'server.address': 'api.stripe.com' },
  { 'net.peer.name': 'api.stripe.com:443' },
])('leaves: %j', (attributes) => {
  expect(external(call(attributes))).toBe(true);
});

test.each([
  { 'url.full': 'http://127.0.0.1:3000/pay' },
  { 'url.full': 'http://payments:3000/pay' },
  { 'server.address': 'payments.shop.svc.cluster.local' },
  { 'server.address': 'ip-10-0-0-1.eu-west-1.compute.internal' },
  { 'server.address': '::1' },
  { 'server.address': 'db.example.com', 'db.system.name': 'postgresql' },
  { 'http.request.method': 'GET' },
])('stays: %j', (attributes) => {
  expect(external(call(attributes))).toBe(false);
});

test('a call that another process answered with spans stays, whatever its name', () => {
  const served: Sketch = { id: 'served', parent: 'call', from: 1, to: 9, kind: 'server', service: 'payments' };
  expect(external(call({ 'server.address': 'pay.example.com' }), served)).toBe(false);
  expect(external(call({ 'server.address': 'pay.example.com' }, { kind: 'internal' }))).toBe(false);
});

test.each([
  [{ 'url.full': 'https://api.stripe.com/v1/intents?key=1' }, 'api.stripe.com/v1/intents'],
  [{ 'url.full': 'http://payments:3000/' }, 'payments:3000'],
  [{ 'url.full': 'not a url', 'server.address': 'payments' }, 'payments'],
  [{}, undefined],
])('%j went to %s', (attributes, address) => {
  expect(calledAddress(attributes)).toBe(address);
});
