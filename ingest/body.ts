/**
 * Bytes that arrive in pieces, within a limit. Pieces are copied together as they come: a body sent in pieces of one byte
 * would otherwise cost a hundred bytes for each.
 */
import type { Lease } from './in-flight.ts';
import { RefusedError } from './refusal.ts';

export class Body {
  length = 0;
  private bytes: Buffer = empty;
  private readonly maxBytes: number;
  private readonly lease: Lease;

  constructor(maxBytes: number, lease: Lease) {
    this.maxBytes = maxBytes;
    this.lease = lease;
  }

  /** @throws RefusedError (too-large, unavailable) */
  add(piece: Buffer): void {
    const length = this.length + piece.length;
    if (length > this.maxBytes) throw tooLarge(this.maxBytes);
    if (this.length === 0) {
      // most bodies come in one piece, which needs no copy
      this.lease.grow(piece.length);
      this.bytes = piece;
    } else {
      if (length > this.bytes.length) this.grow(length);
      piece.copy(this.bytes, this.length);
    }
    this.length = length;
  }

  /** Bytes that still fit. */
  get room(): number {
    return this.maxBytes - this.length;
  }

  written(): Buffer {
    return this.bytes.subarray(0, this.length);
  }

  private grow(needed: number): void {
    const capacity = Math.min(this.maxBytes, Math.max(needed, this.bytes.length * 2, smallestBytes));
    this.lease.grow(capacity - this.bytes.length);
    const grown = Buffer.allocUnsafeSlow(capacity);
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }
}

export const tooLarge = (maxBytes: number): RefusedError =>
  new RefusedError('too-large', `The request has more than ${maxBytes} bytes, which is the limit after decompression.`);

const empty = Buffer.alloc(0);
const smallestBytes = 16 * 1024;
