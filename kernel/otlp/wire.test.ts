import { describe, expect, test } from 'vitest';
import { fixed32, fixed64, lengthDelimited, varint, WireError, WireReader } from './wire.ts';

const reader = (...bytes: number[]) => new WireReader(Uint8Array.from(bytes));
const wide = (r: WireReader) => (BigInt(r.high) << 32n) | BigInt(r.low >>> 0);

const encodeVarint = (value: bigint): number[] => {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return bytes;
};

describe('varints', () => {
  const values = [0n, 1n, 127n, 128n, 300n, 2n ** 28n - 1n, 2n ** 28n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 35n];
  test.each([...values, 2n ** 53n, 2n ** 62n, 2n ** 63n - 1n, -1n, -(2n ** 63n)])('%d comes back', (value) => {
    const r = reader(...encodeVarint(value), 7);
    r.varint64();
    expect(wide(r)).toBe(value);
    expect(r.position).toBe(encodeVarint(value).length);
    expect(reader(...encodeVarint(value)).varint32()).toBe(Number(BigInt.asUintN(32, value)));
    expect(reader(...encodeVarint(value)).bool()).toBe(value !== 0n);
  });

  test('longer than needed is allowed, up to 10 bytes', () => {
    expect(reader(0x85, 0x80, 0x80, 0x00).varint32()).toBe(5);
    expect(reader(0x8a, 0x80, 0x00).tag()).toBe(10);
    expect(reader(...Array(9).fill(0x80), 0x00).varint32()).toBe(0);
    expect(() => reader(...Array(10).fill(0x80), 0x00).varint32()).toThrow(WireError);
  });

  test.each([0, 1, -1, 2, -2, 2 ** 31 - 1, -(2 ** 31)])('zigzag %d comes back', (value) => {
    const zigzag = BigInt(value) >= 0n ? BigInt(value) * 2n : -BigInt(value) * 2n - 1n;
    expect(reader(...encodeVarint(zigzag)).zigzag32()).toBe(value);
  });
});

test('fixed width values are little-endian, also within a larger buffer', () => {
  const inner = Uint8Array.from([9, 9, 9, 1, 2, 3, 4, 0xff, 0xff, 0xff, 0xff]).subarray(3);
  const r = new WireReader(inner);
  expect(r.fixed32()).toBe(0x04030201);
  expect(r.fixed32()).toBe(0xffffffff);
  const d = new WireReader(new Uint8Array(new Float64Array([-1.5]).buffer));
  expect(d.double()).toBe(-1.5);
  const w = new WireReader(new Uint8Array(new BigInt64Array([-5n]).buffer));
  w.fixed64();
  expect(wide(w)).toBe(-5n);
});

test('a message is entered and left, read or unread', () => {
  const r = reader(0x0a, 4, 0x10, 5, 0x18, 6, 0x20, 7);
  expect(r.tag()).toBe(lengthDelimited(1));
  const outer = r.enter();
  expect(r.end).toBe(6);
  expect(r.tag()).toBe(varint(2));
  r.leave(outer);
  expect(r.tag()).toBe(varint(4));
  expect(r.varint32()).toBe(7);
  expect(r.position).toBe(r.end);
});

test('a nested message cannot be read past its own end', () => {
  const r = reader(0x0a, 2, 0x12, 1, 0xff, 0xff);
  r.tag();
  r.enter();
  expect(r.tag()).toBe(lengthDelimited(2));
  expect(() => r.length()).toThrow(new WireError('a length beyond the end of its message', 3));
});

test('unknown fields of every wire type are skipped, groups in groups too', () => {
  const r = reader(
    ...[varint(1), 0x80, 0x01],
    ...[fixed64(2), 1, 2, 3, 4, 5, 6, 7, 8],
    ...[lengthDelimited(3), 2, 0xff, 0xff],
    ...[(4 << 3) | 3, (5 << 3) | 3, varint(6), 1, (5 << 3) | 4, lengthDelimited(7), 1, 0xff, (4 << 3) | 4],
    ...[fixed32(8), 1, 2, 3, 4],
  );
  const seen: number[] = [];
  while (r.position < r.end) {
    const tag = r.tag();
    seen.push(tag >>> 3);
    r.skip(tag);
  }
  expect(seen).toEqual([1, 2, 3, 4, 8]);
});

test.each([
  ['a tag of field 0', [0x02]],
  ['a tag of field 0, one byte longer', [0x82, 0x00]],
  ['a tag of more than 32 bits', [0xff, 0xff, 0xff, 0xff, 0xff, 0x01]],
  ['a tag cut off', [0x80]],
  ['a varint cut off', [0x08, 0xff]],
  ['a fixed32 cut off', [0x0d, 1, 2, 3]],
  ['a fixed64 cut off', [0x09, 1, 2, 3, 4, 5, 6, 7]],
  ['a length beyond the end', [0x0a, 5, 1]],
  ['a length of 2^31', [0x0a, 0x80, 0x80, 0x80, 0x80, 0x08]],
  ['a length of 2^32', [0x0a, 0x80, 0x80, 0x80, 0x80, 0x10]],
  ['a group without end', [0x0b, 0x10, 1]],
  ['a group ended by another', [0x0b, 0x14]],
  ['an end without group', [0x0c]],
  ['wire type 6', [0x0e]],
  ['wire type 7', [0x0f]],
  ['groups nested 200 deep', [...Array(200).fill(0x0b), ...Array(200).fill(0x0c)]],
])('%s is a WireError with its position', (_, bytes) => {
  const read = () => {
    const r = reader(...bytes);
    while (r.position < r.end) r.skip(r.tag());
  };
  expect(read).toThrow(WireError);
  expect(read).toThrow(/at byte \d+$/);
});
