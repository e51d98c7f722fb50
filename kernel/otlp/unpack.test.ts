import { constants, zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { randomOf } from './proof/random-requests.ts';
import { unpack } from './unpack.ts';

const contentSizeFlag = (value: number) => ({ params: { [constants.ZSTD_c_contentSizeFlag]: value } });

test.each([0, 1, 10, 255, 256, 257, 4095, 4096, 65_791, 65_792, 1_000_000])('%d bytes come back', (length) => {
  const random = randomOf(length);
  const request = Buffer.from(Array.from({ length }, () => random(7)));
  expect(unpack(request, 'identity')).toBe(request);
  expect(request.equals(unpack(zstdCompressSync(request), 'zstd'))).toBe(true);
  expect(request.equals(unpack(zstdCompressSync(request, contentSizeFlag(0)), 'zstd'))).toBe(true);
});

test('an unknown encoding, or what is not zstd, is an error', () => {
  const value = zstdCompressSync(Buffer.from('a request, long enough to be compressed'));
  expect(() => unpack(value, undefined)).toThrow('encoding undefined is neither zstd nor identity');
  expect(() => unpack(Buffer.from('not zstd'), 'zstd')).toThrow();
  expect(() => unpack(value.subarray(0, value.length - 3), 'zstd')).toThrow();
});

test('a header that lies about the size is found out', () => {
  const value = zstdCompressSync(Buffer.alloc(1000, 'x'));
  for (let bit = 0; bit < 8; bit++) {
    for (let at = 4; at < 14; at++) {
      const broken = Buffer.from(value);
      broken[at]! ^= 1 << bit;
      try {
        expect(unpack(broken, 'zstd').length).toBeLessThan(2 ** 20);
      } catch (error) {
        expect((error as Error).name).toMatch(/^(Range)?Error$/);
      }
    }
  }
});
