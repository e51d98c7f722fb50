import { isUtf8 } from 'node:buffer';
import { expect, test } from 'vitest';
import { randomOf } from '../proof/random-requests.ts';
import { traceRequest } from '../proof/reference.ts';
import { WireError, WireReader } from '../wire.ts';
import { skipPlainAttribute } from './plain-attribute.ts';

const keyValue = traceRequest.root.lookupType('opentelemetry.proto.common.v1.KeyValue');

/** With its length before it, and something else behind it. */
const encode = (key: string, value: object): Buffer =>
  Buffer.concat([keyValue.encodeDelimited(keyValue.fromObject({ key, value })).finish(), Buffer.from([0x0a, 0x01])]);

/** Where the attribute ends; undefined when its bytes are not a KeyValue, or text in it is not UTF-8. */
const slowEnd = (bytes: Uint8Array): number | undefined => {
  const reader = new WireReader(bytes);
  const text = (): void => {
    const length = reader.length();
    if (!isUtf8(bytes.subarray(reader.position, reader.position + length))) throw new WireError('not UTF-8', 0);
    reader.position += length;
  };
  const message = (visit: (tag: number) => void): void => {
    const outer = reader.enter();
    while (reader.position < reader.end) visit(reader.tag());
    reader.leave(outer);
  };
  const value = (tag: number): void => (tag === 0x0a ? text() : reader.skip(tag));
  try {
    message((tag) => (tag === 0x0a ? text() : tag === 0x12 ? message(value) : reader.skip(tag)));
    return reader.position;
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
};

const fastEnd = (bytes: Uint8Array): number | undefined => {
  const reader = new WireReader(bytes);
  const isPlain = skipPlainAttribute(reader);
  if (!isPlain) expect(reader.position).toBe(0);
  return isPlain ? reader.position : undefined;
};

const plain = [
  encode('http.route', { stringValue: '/cart/:id' }),
  encode('', { stringValue: '' }),
  encode('user_agent.original', { stringValue: 'x'.repeat(90) }),
  encode('server.port', { intValue: 443 }),
  encode('offset', { intValue: -1 }),
  encode('ratio', { doubleValue: 0.25 }),
  encode('ok', { boolValue: true }),
];

test.each(plain.map((bytes) => [bytes.toString('latin1'), bytes] as const))('goes over %j', (_, bytes) => {
  expect(fastEnd(bytes)).toBe(bytes.length - 2);
});

test.each([
  encode('ключ', { stringValue: 'a' }),
  encode('key', { stringValue: 'Wert für später' }),
  encode('key', { stringValue: 'x'.repeat(130) }),
  encode('k'.repeat(130), { stringValue: 'a' }),
  encode('key', { arrayValue: { values: [{ stringValue: 'a' }] } }),
  encode('key', { bytesValue: Buffer.from('abc') }),
  encode('key', {}),
  Buffer.alloc(0),
])('leaves what is larger or other to the slow way: %j', (bytes) => {
  expect(fastEnd(bytes)).toBeUndefined();
});

test('of attributes broken at random it takes none that the slow way would not, and ends where that ends', () => {
  const random = randomOf(20);
  let [taken, left] = [0, 0];
  for (let round = 0; round < 200_000; round++) {
    const bytes = Buffer.from(plain[random(plain.length)]!);
    for (let i = random(3); i >= 0; i--) bytes[random(bytes.length)] = random(4) === 0 ? random(256) : random(32);
    const cut = bytes.subarray(0, random(8) === 0 ? random(bytes.length) : bytes.length);
    const end = fastEnd(cut);
    if (end === undefined) left++;
    else taken++;
    if (end !== undefined && end !== slowEnd(cut))
      expect.fail(`${cut.toString('hex')} ends at ${slowEnd(cut)}, not ${end}`);
  }
  expect(Math.min(taken, left)).toBeGreaterThan(20_000);
});
