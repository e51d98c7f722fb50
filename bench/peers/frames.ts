/**
 * ClickHouse's own compressed frames, which its clients put around a body under `decompress=1` and expect under
 * `compress=1`: a checksum (CityHash128 of version 1.0.2), a method, both sizes, the data. Reading trusts the checksum;
 * writing does not compress.
 */

const headerBytes = 16 + 9;
const lz4 = 0x82;
const none = 0x02;

/** @throws Error on a method other than LZ4 and none, or on a frame that is cut */
export const readFrames = (body: Buffer): Buffer => {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; ) {
    const method = body[at + 16]!;
    const frameBytes = body.readUInt32LE(at + 17) + 16;
    const data = body.subarray(at + headerBytes, at + frameBytes);
    if (at + frameBytes > body.length) throw new Error('A compressed frame is cut.');
    if (method === lz4) parts.push(readLz4(data, body.readUInt32LE(at + 21)));
    else if (method === none) parts.push(data);
    else throw new Error(`A frame is compressed by method 0x${method.toString(16)}, which is not known here.`);
    at += frameBytes;
  }
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
};

/** In frames so short that the hash needs its short form alone. */
export const writeFrames = (data: Buffer): Buffer => {
  const count = Math.max(1, Math.ceil(data.length / 100));
  const length = Math.ceil(data.length / count);
  return Buffer.concat(
    Array.from({ length: count }, (_, i) => writeFrame(data.subarray(i * length, (i + 1) * length))),
  );
};

const writeFrame = (data: Buffer): Buffer => {
  const frame = Buffer.alloc(headerBytes + data.length);
  frame[16] = none;
  frame.writeUInt32LE(9 + data.length, 17);
  frame.writeUInt32LE(data.length, 21);
  data.copy(frame, headerBytes);
  const [low, high] = hashOf(frame.subarray(16));
  frame.writeBigUInt64LE(low, 0);
  frame.writeBigUInt64LE(high, 8);
  return frame;
};

/** One LZ4 block: https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md */
const readLz4 = (from: Buffer, size: number): Buffer => {
  const into = Buffer.allocUnsafe(size);
  let at = 0;
  let out = 0;
  const lengthFrom = (nibble: number): number => {
    let length = nibble;
    if (nibble === 15) {
      let next: number;
      do {
        next = from[at++]!;
        length += next;
      } while (next === 255);
    }
    return length;
  };
  while (at < from.length) {
    const token = from[at++]!;
    const literals = lengthFrom(token >> 4);
    from.copy(into, out, at, at + literals);
    at += literals;
    out += literals;
    if (at >= from.length) break;
    const distance = from.readUInt16LE(at);
    at += 2;
    const end = out + lengthFrom(token & 15) + 4;
    // A match may overlap what it makes.
    for (; out < end; out++) into[out] = into[out - distance]!;
  }
  if (out !== size) throw new Error(`A frame promised ${size} bytes and had ${out}.`);
  return into;
};

const k1 = 0xb492b66fbe98f273n;
const k3 = 0xc949d7c7509e6557n;
const mask = 2n ** 64n - 1n;

/** CityHash128 of 33 to 143 bytes. */
const hashOf = (bytes: Buffer): [low: bigint, high: bigint] => {
  const word = (at: number): bigint => bytes.readBigUInt64LE(at);
  // The first 16 bytes are the seed of the rest.
  let a = word(0) ^ k3;
  let b = word(8);
  let c = mix(u(word(bytes.length - 8) + k1), a);
  let d = mix(u(b + BigInt(bytes.length - 16)), u(c + word(bytes.length - 16)));
  a = u(a + d);
  for (let at = 16; at < bytes.length - 16; at += 16) {
    a = u((a ^ u(shift(u(word(at) * k1)) * k1)) * k1);
    b ^= a;
    c = u((c ^ u(shift(u(word(at + 8) * k1)) * k1)) * k1);
    d ^= c;
  }
  a = mix(a, c);
  b = mix(d, b);
  return [a ^ b, mix(b, a)];
};

const u = (value: bigint): bigint => value & mask;
const shift = (value: bigint): bigint => value ^ (value >> 47n);
const multiplier = 0x9ddfea08eb382d69n;
const mix = (low: bigint, high: bigint): bigint => {
  const a = shift(u((low ^ high) * multiplier));
  return u(shift(u((high ^ a) * multiplier)) * multiplier);
};
