/**
 * Bytes that arrive in pieces, within a limit. Pieces are copied together as they come: a body sent in pieces of one byte
 * would otherwise cost a hundred bytes for each. What was copied is freed.
 */
import { freeBytes } from '../kernel/free-bytes.ts';
import type { Lease } from './in-flight.ts';
import { RefusedError } from './refusal.ts';

export class Body {
  length = 0;
  private bytes: Buffer = empty;
  private readonly maxBytes: number;
  private readonly expectedBytes: number;
  private readonly lease: Lease;

  /** @param expectedBytes how many will come, as far as anyone knows */
  constructor(maxBytes: number, lease: Lease, expectedBytes = 0) {
    this.maxBytes = maxBytes;
    this.expectedBytes = Math.min(expectedBytes, maxBytes, maxExpectedBytes);
    this.lease = lease;
  }

  /** Takes the piece over: whoever adds it does not read it again. @throws RefusedError (too-large, unavailable) */
  add(piece: Buffer): void {
    const length = this.length + piece.length;
    if (length > this.maxBytes) throw tooLarge(this.maxBytes);
    // What is reserved beyond has not been touched yet, and so is no memory.
    this.lease.grow(piece.length);
    // a part of a larger buffer is not ours alone: HTTP/2 cuts one up for several requests
    const isOurs = piece.length === piece.buffer.byteLength;
    if (isOurs && this.length === 0 && length >= this.expectedBytes) this.bytes = piece;
    else {
      if (length > this.bytes.length) this.grow(length);
      piece.copy(this.bytes, this.length);
      if (isOurs) freeBytes(piece);
    }
    this.length = length;
  }

  /** Bytes that still fit. */
  get room(): number {
    return this.maxBytes - this.length;
  }

  /** In memory that nothing else is in. */
  written(): Buffer {
    return this.bytes.subarray(0, this.length);
  }

  private grow(needed: number): void {
    const capacity = Math.max(
      needed,
      this.expectedBytes,
      Math.min(this.maxBytes, this.bytes.length * 2),
      smallestBytes,
    );
    const grown = Buffer.allocUnsafeSlow(capacity);
    this.bytes.copy(grown, 0, 0, this.length);
    freeBytes(this.bytes);
    this.bytes = grown;
  }
}

export const tooLarge = (maxBytes: number): RefusedError =>
  new RefusedError('too-large', `The request has more than ${maxBytes} bytes, which is the limit after decompression.`);

const empty = Buffer.alloc(0);
const smallestBytes = 16 * 1024;
/** Larger bodies are made room for as they come, whatever was announced. */
const maxExpectedBytes = 2 ** 20;
