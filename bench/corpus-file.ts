/**
 * The corpus on disk: requests as exporters sent them, in the order in which they arrived, one file for each signal.
 * A file is zstd over frames: the length in four bytes, little-endian, then the request.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

export const signals = ['traces', 'logs', 'metrics'] as const;
export type Signal = (typeof signals)[number];

export const readCorpus = (signal: Signal): Buffer[] => {
  const bytes = zstdDecompressSync(readFileSync(pathOf(signal)));
  const requests: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at);
    requests.push(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return requests;
};

/** @returns the size of the file, in bytes */
export const writeCorpus = (signal: Signal, requests: readonly Buffer[]): number => {
  const frames = requests.flatMap((request) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(request.length);
    return [length, request];
  });
  const compressed = zstdCompressSync(Buffer.concat(frames), {
    params: { [constants.ZSTD_c_compressionLevel]: 19 },
  });
  writeFileSync(pathOf(signal), compressed);
  return compressed.length;
};

const pathOf = (signal: Signal): string => join(import.meta.dirname, 'corpus', `${signal}.zst`);
