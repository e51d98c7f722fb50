/**
 * The value of a number point or an exemplar, a double or an int, as three columns: which of them, the value as a double
 * (of an int the nearest one, so that queries need not look at the type), and the int exactly.
 */

import type { ByteBuffer } from '../native/byte-buffer.ts';
import type { WireReader } from '../wire.ts';

export class NumberValue {
  private at = 0;
  private isInt = false;

  clear(): void {
    this.at = 0;
    this.isInt = false;
  }

  /** Takes the value that comes next, in place of any taken before: of a oneof the last field counts. */
  read(reader: WireReader, isInt: boolean): void {
    this.at = reader.position;
    this.isInt = isInt;
    reader.advance(8);
  }

  write({ view }: WireReader, types: ByteBuffer, doubles: ByteBuffer, ints: ByteBuffer): void {
    const { at } = this;
    const low = at === 0 ? 0 : view.getInt32(at, true);
    const high = at === 0 ? 0 : view.getInt32(at + 4, true);
    if (this.isInt) {
      types.byte(2);
      doubles.float64(high * 2 ** 32 + (low >>> 0));
      ints.uint64(low, high);
    } else {
      types.byte(at === 0 ? 0 : 1);
      doubles.uint64(low, high);
      ints.uint64(0, 0);
    }
  }
}
