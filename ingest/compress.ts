/** Compresses requests for the log: in place up to a size, where it takes a fraction of a millisecond, in Node's thread pool beyond. */
import { promisify } from 'node:util';
import { constants, type ZstdOptions, zstdCompress, zstdCompressSync } from 'node:zlib';

/** The result is the caller's to free. */
export const compress = async (bytes: Uint8Array): Promise<Uint8Array> =>
  bytes.length <= maxSyncBytes ? zstdCompressSync(bytes, optionsFor(bytes)) : compressInPool(bytes, optionsFor(bytes));

const compressInPool = promisify<Uint8Array, ZstdOptions, Buffer>(zstdCompress);

/**
 * A round through the pool costs a third of compressing this much, and on a busy machine as much again; a request of
 * 500 spans has about 350 KB.
 */
const maxSyncBytes = 512 * 1024;

/**
 * With the window of 512 KB that level 1 has by itself, making its tables costs a quarter of the time; half of it finds
 * as much. Room for all of the output at once, which is less than half of the input, saves joining its parts.
 */
const optionsFor = ({ length }: Uint8Array): ZstdOptions => ({
  params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_windowLog]: 18 },
  chunkSize: Math.max(minChunkBytes, Math.min(length >>> 1, maxChunkBytes)),
});

const minChunkBytes = 4096;
const maxChunkBytes = 2 ** 20;
