import { expect, test } from 'vitest';
import { WireReader } from '../wire.ts';
import { ByteBuffer, RowsTooLargeError, scratchBuffer } from './byte-buffer.ts';

const written = (write: (out: ByteBuffer) => void): Buffer => {
  const out = new ByteBuffer(1, () => {});
  write(out);
  return Buffer.from(out.written());
};

test('numbers are little-endian', () => {
  expect(written((out) => out.uint16(0x0102))).toEqual(Buffer.from([2, 1]));
  expect(written((out) => out.uint32(0xfffffffe))).toEqual(Buffer.from([0xfe, 0xff, 0xff, 0xff]));
  expect(written((out) => out.uint32(-2))).toEqual(Buffer.from([0xfe, 0xff, 0xff, 0xff]));
  expect(written((out) => out.float64(-1.5)).readDoubleLE()).toBe(-1.5);
  for (const value of [0, 1, 2 ** 32, 1_763_629_200_123, Number.MAX_SAFE_INTEGER, -1]) {
    expect(Number(written((out) => out.int64(value)).readBigInt64LE())).toBe(value);
  }
});

test.each([
  [0, [0]],
  [127, [127]],
  [128, [0x80, 1]],
  [300, [0xac, 2]],
  [2 ** 21, [0x80, 0x80, 0x80, 1]],
  [2 ** 32 - 1, [0xff, 0xff, 0xff, 0xff, 0x0f]],
])('a length of %d', (value, bytes) => {
  expect([...written((out) => out.varint(value))]).toEqual(bytes);
});

test.each([0, 7, 9, 10, 99, 100, 1_000_000, 2 ** 31 - 1, 2 ** 31, 2 ** 53 - 1, -1, -(2 ** 31), -(2 ** 53) + 1])(
  'the digits of %d',
  (value) => {
    expect(written((out) => out.digits(value)).toString()).toBe(String(value));
  },
);

test('bytes of any length are copied from anywhere in a request, and nothing beside them', () => {
  const request = new WireReader(Uint8Array.from({ length: 700 }, (_, i) => i % 251));
  for (const length of [0, 1, 7, 8, 9, 15, 16, 100, 255, 256, 257, 600]) {
    for (const at of [0, 1, 5, 700 - length - 1, 700 - length]) {
      if (at < 0 || at + length > 700) continue;
      const copied = written((out) => {
        out.copy(request, at, length);
        out.byte(0xff);
      });
      expect(copied, `${length} at ${at}`).toEqual(Buffer.from([...request.bytes.subarray(at, at + length), 0xff]));
    }
  }
});

test('a string gets its length, whether or not the request has it before the string', () => {
  const request = new WireReader(Uint8Array.from([2, 0x61, 0x62, 0x82, 0x00, 0x63, 0x64]));
  expect([...written((out) => out.string(request, 1, 2))]).toEqual([2, 0x61, 0x62]);
  expect([...written((out) => out.string(request, 5, 2))]).toEqual([2, 0x63, 0x64]);
  expect([...written((out) => out.string(request, 0, 1))]).toEqual([1, 2]);
});

test('the same number many times, and numbers at equal steps', () => {
  for (const times of [0, 1, 3, 100]) {
    const same = written((out) => {
      out.byteTimes(200, times);
      out.uint32Times(0x01020304, times);
      out.uint64Steps(2 ** 32 - 700, 7, times);
      out.byte(1);
    });
    expect([...same.subarray(0, times)]).toEqual(Array(times).fill(200));
    for (let i = 0; i < times; i++) {
      expect(same.readUInt32LE(times + 4 * i)).toBe(0x01020304);
      expect(same.readBigUInt64LE(5 * times + 8 * i)).toBe(2n ** 32n - 700n + 7n * BigInt(i));
    }
    expect([...same.subarray(13 * times)]).toEqual([1]);
  }
});

test('another buffer is appended whole, whatever its length', () => {
  for (const length of [0, 1, 7, 8, 9, 100, 248, 256, 257, 1000]) {
    const other = new ByteBuffer(length, () => {});
    for (let i = 0; i < length; i++) other.byte(i % 251);
    const both = written((out) => {
      out.byte(9);
      out.appendAll(other);
      out.byte(9);
    });
    expect(both).toEqual(Buffer.from([9, ...Array.from({ length }, (_, i) => i % 251), 9]));
  }
});

test('the last bytes are repeated', () => {
  for (const times of [0, 1, 2, 3, 7, 100]) {
    const repeated = written((out) => {
      out.ascii('xab');
      out.repeat(2, times);
      out.byte(0);
    });
    expect(repeated.toString()).toBe(`x${'ab'.repeat(times + 1)}\u0000`);
  }
});

test('a scratch buffer grows to its limit and no further, and gives back what it had to grow to', () => {
  const out = scratchBuffer(3 * 2 ** 20);
  for (let i = 0; i < 1000; i++) out.byte(i % 256);
  expect([...out.written()]).toEqual(Array.from({ length: 1000 }, (_, i) => i % 256));
  out.zeros(2 * 2 ** 20);
  expect(() => out.zeros(2 ** 21)).toThrow(RowsTooLargeError);
  out.clear();
  expect(out.bytes.length).toBe(2 ** 20);
  out.byte(7);
  expect([...out.written()]).toEqual([7]);
});
