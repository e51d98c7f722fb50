/** Numbers as text, written as JavaScript would, mostly without making a string of them. */
import type { ByteBuffer } from '../native/byte-buffer.ts';

/** An int64 from its halves. */
export const writeInteger = (low: number, high: number, out: ByteBuffer): void => {
  const value = high * 2 ** 32 + (low >>> 0);
  if (Number.isSafeInteger(value)) out.digits(value);
  else out.ascii(String((BigInt(high) << 32n) | BigInt(low >>> 0)));
};

/**
 * As `String` does, but for -0, which stays "-0". Most doubles that are sent have few decimals: a whole number of at
 * most 31 bits over a power of ten that gives back the very double is its shortest text, as both fit in 15 digits.
 */
export const writeDouble = (value: number, out: ByteBuffer): void => {
  const size = Math.abs(value);
  for (let decimals = 0, scale = 1; decimals <= 6 && size > 0; decimals++, scale *= 10) {
    const scaled = Math.round(size * scale);
    if (scaled > 0x7fffffff) break;
    if (scaled / scale !== size) continue;
    if (value < 0) out.byte(minus);
    const whole = Math.floor(scaled / scale);
    out.digits(whole);
    if (decimals > 0) {
      out.byte(point);
      const rest = scaled - whole * scale;
      for (let unit = scale / 10; unit > rest && unit > 1; unit /= 10) out.byte(zero);
      out.digits(rest);
    }
    return;
  }
  out.ascii(doubleText(value));
};

/** A double within JSON: a whole one gets `.0`, so that it stays a double; NaN and the infinities become strings. */
export const writeJsonDouble = (value: number, out: ByteBuffer): void => {
  if (!Number.isFinite(value)) {
    out.ascii(`"${value}"`);
    return;
  }
  const text = doubleText(value);
  out.ascii(Number.isInteger(value) && !text.includes('e') ? `${text}.0` : text);
};

const doubleText = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));

const minus = '-'.charCodeAt(0);
const point = '.'.charCodeAt(0);
const zero = '0'.charCodeAt(0);
