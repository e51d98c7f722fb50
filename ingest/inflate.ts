/**
 * Decompression under a cap: what is inflated counts while it grows, so that ten megabytes that become ten gigabytes are
 * refused after the first few. Small bodies are inflated in place, which costs a third of a round through Node's thread
 * pool; all others in the pool, where they hold up nobody.
 */
import {
  createGunzip,
  createInflate,
  createZstdDecompress,
  gunzipSync,
  inflateSync,
  type ZlibOptions,
  zstdDecompressSync,
} from 'node:zlib';
import { freeBytes } from '../kernel/free-bytes.ts';
import { Body } from './body.ts';
import type { Lease } from './in-flight.ts';
import { RefusedError } from './refusal.ts';

/** As in Content-Encoding and grpc-encoding; deflate is the zlib format, as RFC 9110 has it. */
export type Encoding = 'identity' | 'gzip' | 'deflate' | 'zstd';

export const encodings: readonly Encoding[] = ['identity', 'gzip', 'deflate', 'zstd'];

const maxSyncOutputBytes = 2 ** 20;
const minChunkBytes = 16 * 1024;
/** Telemetry seldom becomes smaller than a tenth. */
const usualRatio = 10;
/** Compressors that work in parallel make a frame per megabyte or so. */
const maxFrames = 1000;

/** @throws RefusedError (malformed, too-large, unavailable) */
export const inflate = async (encoding: Encoding, bytes: Buffer, maxBytes: number, lease: Lease): Promise<Buffer> => {
  if (encoding === 'identity') return bytes;
  const body = new Body(maxBytes, lease);
  let at = await inflateFrame(encoding, bytes, body);
  // zstd is a sequence of frames, and Node stops after the first: https://www.rfc-editor.org/rfc/rfc8878#section-3.1
  for (let frames = 1; encoding === 'zstd' && at < bytes.length; frames++) {
    if (frames === maxFrames) throw corrupt(encoding, `it has more than ${maxFrames} frames`);
    at += await inflateFrame(encoding, bytes.subarray(at), body);
  }
  return body.written();
};

/** Appends what the bytes inflate to; returns how many of them belonged to it. */
const inflateFrame = async (encoding: keyof typeof codecs, bytes: Buffer, body: Body): Promise<number> =>
  (bytes.length <= maxSyncBytes ? inflateInPlace(encoding, bytes, body) : undefined) ??
  inflateInPool(encoding, bytes, body);

/** With the option `info`, Node also returns the engine, which knows how much it read. */
type InflateSync = (bytes: Buffer, options: ZlibOptions) => unknown;
interface Inflated {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

const codecs = {
  gzip: { sync: gunzipSync as InflateSync, stream: createGunzip },
  deflate: { sync: inflateSync as InflateSync, stream: createInflate },
  zstd: { sync: zstdDecompressSync as InflateSync, stream: createZstdDecompress },
};

/** With how much to begin in place. 512 spans, an SDK's usual batch, are 40 to 50 KiB under gzip; what they become has a limit too. */
const maxSyncBytes = 64 * 1024;

/** Undefined when the output is too large for this way. */
const inflateInPlace = (encoding: keyof typeof codecs, bytes: Buffer, body: Body): number | undefined => {
  const maxOutputLength = Math.max(1, Math.min(body.room, maxSyncOutputBytes));
  let inflated: Inflated;
  try {
    // room for nearly all that comes, at once: parts would have to be joined
    const chunkSize = Math.max(minChunkBytes, Math.min(usualRatio * bytes.length, maxOutputLength + 1));
    inflated = codecs[encoding].sync(bytes, { info: true, maxOutputLength, chunkSize }) as Inflated;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return undefined;
    throw corrupt(encoding, (error as Error).message);
  }
  const { buffer, engine } = inflated;
  body.add(buffer);
  // with room left over it was copied
  if (buffer.length < buffer.buffer.byteLength) freeBytes(buffer);
  return engine.bytesWritten;
};

const inflateInPool = (encoding: keyof typeof codecs, bytes: Buffer, body: Body): Promise<number> =>
  new Promise((resolve, reject) => {
    const stream = codecs[encoding].stream({ chunkSize: 64 * 1024 });
    stream.on('error', (error) => reject(corrupt(encoding, error.message)));
    stream.on('data', (piece: Buffer) => {
      try {
        body.add(piece);
      } catch (error) {
        stream.destroy();
        reject(error);
      }
    });
    stream.on('end', () => resolve(stream.bytesWritten));
    stream.end(bytes);
  });

const corrupt = (encoding: string, why: string): RefusedError =>
  new RefusedError('malformed', `The body cannot be decompressed as ${encoding}: ${why}.`);
