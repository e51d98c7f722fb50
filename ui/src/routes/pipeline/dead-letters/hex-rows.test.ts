import { expect, test } from 'vitest';
import { bytesOf, hexRows } from './hex-rows.ts';

test('bytes are shown in rows, the last as long as it is', () => {
  const rows = hexRows(bytesOf(btoa('Hi\u0000\u00ff~\u007f there')), 8);
  expect(rows).toEqual([
    { place: '0000', hex: '48 69 00 ff 7e 7f 20 74', ascii: 'Hi··~· t' },
    { place: '0008', hex: '68 65 72 65', ascii: 'here' },
  ]);
  expect(hexRows(new Uint8Array(), 8)).toEqual([]);
});
