import { expect, test } from 'vitest';
import { scratchBuffer } from '../native/byte-buffer.ts';
import { randomOf } from '../proof/random-requests.ts';
import { writeDouble, writeInteger, writeJsonDouble } from './number-text.ts';

const out = scratchBuffer(2 ** 20);
const written = (write: () => void): string => {
  out.position = 0;
  write();
  return Buffer.from(out.written()).toString();
};

test('a double is written as JavaScript writes it', () => {
  const random = randomOf(1);
  const bits = new DataView(new ArrayBuffer(8));
  const values = [0, 1, 0.1, 0.05, 1e-6, 1e-7, 123456.789012, 2147.483647, 2147.483648, 2 ** 31, 1e21, 5e-324, 1 / 3];
  for (let i = 0; i < 200_000; i++) {
    bits.setUint32(0, random(2 ** 32));
    bits.setUint32(4, random(2 ** 32));
    values.push(bits.getFloat64(0), random(2 ** 32) / 10 ** random(12), random(100_000) / 10 ** random(7));
  }
  const wrong = [...values, ...values.map((value) => -value), NaN, Infinity, -Infinity]
    .filter((value) => !Object.is(value, -0))
    .filter((value) => written(() => writeDouble(value, out)) !== String(value));
  expect(wrong).toEqual([]);
  expect(written(() => writeDouble(-0, out))).toBe('-0');
});

test.each([0n, -1n, 42n, 2n ** 31n, 2n ** 53n - 1n, 2n ** 53n + 1n, -(2n ** 53n) - 1n, 2n ** 63n - 1n, -(2n ** 63n)])(
  'the integer %d is written with all its digits',
  (value) => {
    const [low, high] = [Number(BigInt.asIntN(32, value)), Number(value >> 32n)];
    expect(written(() => writeInteger(low, high, out))).toBe(String(value));
  },
);

test.each([
  [5, '5.0'],
  [-0, '-0.0'],
  [1.5, '1.5'],
  [1e21, '1e+21'],
  [NaN, '"NaN"'],
  [-Infinity, '"-Infinity"'],
])('within JSON %d is %s', (value, text) => {
  expect(written(() => writeJsonDouble(value, out))).toBe(text);
});
