/**
 * All buffers and dictionaries of one block. A request that turns out malformed in the middle takes back what it wrote,
 * whichever columns that went to; and how much one request may take is counted over all of them.
 *
 * Dictionaries keep what such a request named: nothing refers to it, and a replay names the same.
 */
import { ByteBuffer, RowsTooLargeError } from './byte-buffer.ts';
import { Dictionary } from './dictionary.ts';

export class BlockMemory {
  private readonly buffers: ByteBuffer[] = [];
  private readonly marks: number[] = [];
  private readonly dictionaries: Dictionary[] = [];
  private readonly maxRequestBytes: number;
  private bytesAtMark = 0;
  /** Bytes beyond those in buffers and dictionaries, as they will be written and where each row has its values itself. */
  private repeats = { written: 0, unfolded: 0 };
  private repeatsAtMark = this.repeats;

  constructor(maxRequestBytes: number) {
    this.maxRequestBytes = maxRequestBytes;
  }

  /** A new buffer of this block. */
  buffer(): ByteBuffer {
    const buffer = new ByteBuffer(initialBytes, this.allowGrowth);
    this.buffers.push(buffer);
    return buffer;
  }

  /** A new dictionary of this block. */
  dictionary(): Dictionary {
    const dictionary = new Dictionary(this.allowGrowth);
    this.dictionaries.push(dictionary);
    return dictionary;
  }

  /** A column will write `written` bytes more than it keeps. It would be `unfolded` bytes more if rows had their values themselves. */
  willRepeat(written: number, unfolded: number): void {
    const { repeats } = this;
    this.repeats = { written: repeats.written + written, unfolded: repeats.unfolded + unfolded };
  }

  /** Bytes written, or to be. */
  usedBytes(): number {
    return this.bufferedBytes() + this.repeats.written;
  }

  /** As `usedBytes`, if rows that repeat what others say had the values themselves. Limits of requests count so. */
  unfoldedBytes(): number {
    return this.bufferedBytes() + this.repeats.unfolded;
  }

  private bufferedBytes(): number {
    let bytes = 0;
    for (const { position } of this.buffers) bytes += position;
    for (const { keys } of this.dictionaries) bytes += keys.position;
    return bytes;
  }

  /** Memory that all of it takes, written or not. */
  heldBytes(): number {
    let held = 0;
    for (const { bytes } of this.buffers) held += bytes.length;
    for (const { keys } of this.dictionaries) held += keys.bytes.length;
    return held;
  }

  /** A request begins. */
  mark(): void {
    for (const [i, { position }] of this.buffers.entries()) this.marks[i] = position;
    this.repeatsAtMark = this.repeats;
    this.bytesAtMark = this.unfoldedBytes();
  }

  /** The request has ended. @throws RowsTooLargeError */
  checkRequest(): void {
    this.allow(this.maxRequestBytes);
  }

  /** As if the request had never been. */
  rollback(): void {
    for (const [i, buffer] of this.buffers.entries()) buffer.position = this.marks[i]!;
    this.repeats = this.repeatsAtMark;
  }

  /** Starts anew. Memory is kept for the next block, unless one unusual request made it grow. */
  clear(): void {
    const held = this.heldBytes();
    for (const buffer of this.buffers) {
      if (held > keptBytes) buffer.resize(initialBytes);
      else if (buffer.position < buffer.bytes.length / 8)
        buffer.resize(Math.max(initialBytes, buffer.bytes.length / 2));
      else buffer.position = 0;
    }
    for (const dictionary of this.dictionaries) dictionary.clear();
    this.repeats = this.repeatsAtMark = { written: 0, unfolded: 0 };
    this.bytesAtMark = 0;
  }

  /** While a request is written memory is bounded by looking at this; when it has ended, the exact limit decides. */
  private readonly allowGrowth = (bytes: number): void => this.allow(this.maxRequestBytes + roomBytes - bytes);

  private allow(maxBytes: number): void {
    if (this.unfoldedBytes() - this.bytesAtMark <= maxBytes) return;
    throw new RowsTooLargeError(`its rows are larger than ${this.maxRequestBytes} bytes`);
  }
}

const initialBytes = 1024;
/** More than buffers ever reserve beyond what they need: whether a request fits must not follow from their sizes. */
const roomBytes = 64;
/** Twice what an insert is made of usually (insert-cuts.ts), in buffers that may be half empty. */
const keptBytes = 128 * 2 ** 20;
