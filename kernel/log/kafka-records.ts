/**
 * Record batches as Kafka stores them, format 2 (https://kafka.apache.org/documentation/#recordbatch). Our own rather
 * than the library's because that one reads neither checksums nor the time at which the log took a batch, and takes
 * several times as long.
 */
import { zstdCompressSync } from 'node:zlib';
import { compressionsAlgorithmsByBitmask, crc32c, Writer } from '@platformatic/kafka';
import type { LogRecord, NewRecord } from './log.ts';

/** Who wrote a batch and as the how-manyeth record of a partition: lets the broker drop repeats. */
export interface BatchOrigin {
  readonly producerId: bigint;
  readonly epoch: number;
  readonly sequence: number;
}

export interface DecodedBatch {
  /** Offset after the last one, which the broker may have removed. */
  readonly nextOffset: number;
  readonly records: LogRecord[];
}

const headerBytes = 61;
const header = Buffer.alloc(headerBytes);
/** The checksum covers everything from here on. */
const checkedFrom = 21;
const zstdBits = 4;
const compressionMask = 7;
const logAppendTimeBit = 8;
const controlBit = 32;
/** Smaller ones gain nothing. */
const minCompressedBytes = 1024;

/** One batch. It is compressed with zstd, unless what it holds already is. */
export const encodeBatch = (records: readonly NewRecord[], origin: BatchOrigin): Buffer => {
  const plain = encodeRecords(records);
  const compress = plain.byteLength >= minCompressedBytes && !isZstd(records[0]!.value);
  const batch = compress ? Buffer.concat([header, zstdCompressSync(plain.subarray(headerBytes))]) : plain;
  const now = BigInt(Date.now());
  batch.writeBigInt64BE(0n, 0);
  batch.writeInt32BE(batch.byteLength - 12, 8);
  batch.writeInt32BE(-1, 12);
  batch.writeInt8(2, 16);
  batch.writeInt16BE(compress ? zstdBits : 0, 21);
  batch.writeInt32BE(records.length - 1, 23);
  batch.writeBigInt64BE(now, 27);
  batch.writeBigInt64BE(now, 35);
  batch.writeBigInt64BE(origin.producerId, 43);
  batch.writeInt16BE(origin.epoch, 51);
  batch.writeInt32BE(origin.sequence, 53);
  batch.writeInt32BE(records.length, 57);
  batch.writeUInt32BE(checksumOf(batch), 17);
  return batch;
};

/**
 * The batches in what a broker sent, which may end in the middle of one.
 * @throws Error when a checksum is wrong or the format is not known.
 */
export function* decodeBatches(set: Buffer): Generator<DecodedBatch> {
  for (let at = 0; set.byteLength - at >= headerBytes; ) {
    const end = at + 12 + set.readInt32BE(at + 8);
    if (end > set.byteLength) return;
    yield decodeBatch(set.subarray(at, end));
    at = end;
  }
}

const decodeBatch = (batch: Buffer): DecodedBatch => {
  const firstOffset = Number(batch.readBigInt64BE(0));
  if (batch.readInt8(16) !== 2)
    throw new Error(`Records at offset ${firstOffset} are in a format of before Kafka 0.11.`);
  if (checksumOf(batch) !== batch.readUInt32BE(17)) {
    throw new Error(`Records at offset ${firstOffset} have a wrong checksum.`);
  }
  const attributes = batch.readInt16BE(21);
  const nextOffset = firstOffset + batch.readInt32BE(23) + 1;
  if (attributes & controlBit) return { nextOffset, records: [] };
  const compression = attributes & compressionMask;
  const stored = batch.subarray(headerBytes);
  const body = compression === 0 ? stored : decompress(stored, compression);
  const appendedMs = attributes & logAppendTimeBit ? Number(batch.readBigInt64BE(35)) : undefined;
  const createdMs = Number(batch.readBigInt64BE(27));
  return { nextOffset, records: decodeRecords(body, batch.readInt32BE(57), firstOffset, createdMs, appendedMs) };
};

const decompress = (stored: Buffer, compression: number): Buffer => {
  const algorithm = compressionsAlgorithmsByBitmask[compression];
  if (algorithm === undefined) throw new Error(`Kafka's compression ${compression} is not known here.`);
  return algorithm.decompressSync(stored);
};

/** In the library's own kind of buffer, which it does not copy first. */
const checksumOf = (batch: Buffer): number => crc32c(Writer.create().append(batch.subarray(checkedFrom)).dynamicBuffer);

/** Behind room for the header of their batch. */
const encodeRecords = (records: readonly NewRecord[]): Buffer => {
  let bytes = headerBytes;
  for (const record of records) bytes += roomFor(record);
  const out = Buffer.allocUnsafe(bytes);
  let at = headerBytes;
  for (const [index, record] of records.entries()) {
    // The length comes first: room for the longest, and the record is moved up to it.
    const bodyAt = at + maxVarintBytes;
    const bodyEnd = encodeRecord(out, bodyAt, index, record);
    at = writeVarint(out, at, bodyEnd - bodyAt);
    out.copyWithin(at, bodyAt, bodyEnd);
    at += bodyEnd - bodyAt;
  }
  return out.subarray(0, at);
};

const maxVarintBytes = 5;

/** As much as it can take at most. */
const roomFor = ({ key, headers, value }: NewRecord): number => {
  let bytes = 8 * maxVarintBytes + Buffer.byteLength(key) + value.byteLength;
  for (const name in headers) {
    bytes += 2 * maxVarintBytes + Buffer.byteLength(name) + Buffer.byteLength(headers[name]!);
  }
  return bytes;
};

const encodeRecord = (out: Buffer, start: number, index: number, { key, headers, value }: NewRecord): number => {
  let at = out.writeInt8(0, start);
  at = writeVarint(out, at, 0);
  at = writeVarint(out, at, index);
  at = key === '' ? writeVarint(out, at, -1) : writeText(out, at, key);
  at = writeVarint(out, at, value.byteLength);
  out.set(value, at);
  at += value.byteLength;
  at = writeVarint(out, at, Object.keys(headers).length);
  for (const name in headers) at = writeText(out, writeText(out, at, name), headers[name]!);
  return at;
};

const writeText = (out: Buffer, at: number, text: string): number => {
  const start = writeVarint(out, at, Buffer.byteLength(text));
  return start + out.write(text, start);
};

/** Zigzag, seven bits a byte. */
const writeVarint = (out: Buffer, at: number, value: number): number => {
  let left = ((value << 1) ^ (value >> 31)) >>> 0;
  while (left > 0x7f) {
    out[at++] = (left & 0x7f) | 0x80;
    left >>>= 7;
  }
  out[at++] = left;
  return at;
};

const decodeRecords = (
  body: Buffer,
  count: number,
  firstOffset: number,
  createdMs: number,
  appendedMs: number | undefined,
): LogRecord[] => {
  let at = 0;
  const varint = (): number => {
    // Timestamps may have 64 bits: multiplication keeps what shifts would cut off.
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = body[at++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
  };
  const bytes = (): Buffer => {
    const length = varint();
    if (length < 0) return body.subarray(at, at);
    at += length;
    return body.subarray(at - length, at);
  };
  const records: LogRecord[] = [];
  for (let i = 0; i < count; i++) {
    const length = varint();
    const end = at + length;
    at += 1;
    const timestampMs = createdMs + varint();
    const offset = firstOffset + varint();
    const key = bytes().toString();
    const value = bytes();
    const headers: Record<string, string> = {};
    for (let left = varint(); left > 0; left--) {
      const name = bytes().toString();
      headers[name] = bytes().toString();
    }
    records.push({ key, headers, value, offset, timestampMs: appendedMs ?? timestampMs });
    at = end;
  }
  return records;
};

const isZstd = (value: Uint8Array): boolean =>
  value[0] === 0x28 && value[1] === 0xb5 && value[2] === 0x2f && value[3] === 0xfd;
