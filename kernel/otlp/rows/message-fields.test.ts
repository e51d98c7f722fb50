import { expect, test } from 'vitest';
import { fixed32, fixed64, lengthDelimited, varint, WireError, WireReader } from '../wire.ts';
import { MessageFields } from './message-fields.ts';

const fieldsOf = () =>
  new MessageFields(
    [varint(1), lengthDelimited(2), fixed64(3), fixed32(16)],
    [lengthDelimited(4), lengthDelimited(17)],
  );
const eight = [1, 2, 3, 4, 5, 6, 7, 8];

test('fields are kept by their numbers, of those that come twice the last', () => {
  const fields = fieldsOf();
  const message = [0x08, 0xac, 2, 0x12, 2, 65, 66, 0x19, ...eight, 0x85, 1, 1, 0, 0, 0x80, 0x08, 7];
  expect(fields.next(new WireReader(Uint8Array.from(message)))).toBe(0);
  expect([fields.value[1], fields.at[2], fields.value[2], fields.at[3], fields.value[16]]).toEqual([
    ...[7, 5, 2, 8],
    0x80000001,
  ]);
  fields.clear();
  expect([...fields.at, ...fields.value].every((number) => number === 0)).toBe(true);
});

test('fields that are handed over are stopped at, all others skipped', () => {
  const fields = fieldsOf();
  // unknown: a varint in 5, one as large as tags get; known: 4 and 17, and 1 as another type, which is skipped as well
  const message = [0x28, 1, 0x22, 0, 0xf8, 0xff, 0xff, 0xff, 0x0f, 1, 0x0a, 1, 65, 0x8a, 1, 0, 0x08, 5];
  const reader = new WireReader(Uint8Array.from(message));
  const handed: number[] = [];
  for (let tag = fields.next(reader); tag !== 0; tag = fields.next(reader)) {
    handed.push(tag);
    reader.skip(tag);
  }
  expect(handed).toEqual([lengthDelimited(4), lengthDelimited(17)]);
  expect([fields.at[1], fields.value[1]]).toEqual([0, 5]);
});

test('a message elsewhere is read without moving the reader, and bytes that are missing are a WireError', () => {
  const fields = fieldsOf();
  const reader = new WireReader(Uint8Array.from([0, 0, 0x08, 5, 0, 0]));
  fields.read(reader, 2, 2);
  expect([fields.value[1], reader.position, reader.end]).toEqual([5, 0, 6]);
  fields.read(reader, 2, 0);
  expect(fields.value[1]).toBe(0);
  for (const cut of [[0x08], [0x12, 5, 1], [0x19, 1, 2], [0x85, 1, 1]]) {
    expect(() => fields.next(new WireReader(Uint8Array.from(cut))), `${cut}`).toThrow(WireError);
  }
});
