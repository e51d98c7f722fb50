/** The request in the value of a log record. */
import { zstdDecompressSync } from 'node:zlib';
import { limits } from './limits.ts';

/**
 * @param encoding of the record's header: zstd or identity
 * @throws Error when it is neither, or the value cannot be decompressed
 */
export const unpack = (value: Uint8Array, encoding: string | undefined): Uint8Array => {
  if (encoding === 'identity') return value;
  if (encoding !== 'zstd') throw new Error(`encoding ${encoding} is neither zstd nor identity`);
  // Room for all of it at once is twice as fast as parts that are joined afterwards; one byte less and there are two.
  const chunkSize = Math.max(minChunkBytes, Math.min(contentBytes(value) + 1, maxChunkBytes));
  return zstdDecompressSync(value, { chunkSize, maxOutputLength: limits.requestBytes });
};

const minChunkBytes = 4096;
/** What a header may make us reserve before anything has been decompressed. */
const maxChunkBytes = 64 * 2 ** 20;

/** The size a zstd frame says its content has (RFC 8878, 3.1.1.1), or 0 when it does not say. */
export const contentBytes = (value: Uint8Array): number => {
  const frame = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (frame.length < 14 || frame.readUInt32LE(0) !== 0xfd2fb528) return 0;
  const descriptor = frame[4]!;
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!;
  const at = 5 + (isSingleSegment ? 0 : 1) + dictionaryBytes;
  switch (descriptor >>> 6) {
    case 0:
      return isSingleSegment ? frame[at]! : 0;
    case 1:
      return frame.readUInt16LE(at) + 256;
    case 2:
      return frame.readUInt32LE(at);
    default:
      return frame.readUInt32LE(at) + frame.readUInt16LE(at + 4) * 2 ** 32;
  }
};
