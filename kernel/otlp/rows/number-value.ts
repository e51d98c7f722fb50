/**
 * The value of a number point or an exemplar, a double or an int, as three columns: which of them, the value as a double
 * (of an int the nearest one, so that queries need not look at the type), and the int exactly.
 */
import type { ByteBuffer } from '../native/byte-buffer.ts';
import type { WireReader } from '../wire.ts';

export interface NumberColumns {
  readonly types: ByteBuffer;
  readonly doubles: ByteBuffer;
  readonly ints: ByteBuffer;
}

/** Adds the value. Either place may be 0, which is nowhere; if none is, the last counts, as of any oneof. */
export const addNumber = (
  { view }: WireReader,
  doubleAt: number,
  intAt: number,
  { types, doubles, ints }: NumberColumns,
): void => {
  const at = Math.max(doubleAt, intAt);
  const low = at === 0 ? 0 : view.getInt32(at, true);
  const high = at === 0 ? 0 : view.getInt32(at + 4, true);
  if (intAt > doubleAt) {
    types.byte(2);
    doubles.float64(high * 2 ** 32 + (low >>> 0));
    ints.uint64(low, high);
  } else {
    types.byte(at === 0 ? 0 : 1);
    doubles.uint64(low, high);
    ints.uint64(0, 0);
  }
};
