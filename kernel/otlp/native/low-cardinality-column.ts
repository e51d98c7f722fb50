/** A LowCardinality(String) column: a dictionary of the block, and for each row the number of its value in there. */
import { cutLength } from '../limits.ts';
import type { WireReader } from '../wire.ts';
import type { BlockMemory } from './block-memory.ts';
import type { BlockParts } from './block-parts.ts';
import type { ByteBuffer } from './byte-buffer.ts';
import type { Column } from './column.ts';
import type { Dictionary } from './dictionary.ts';

export class LowCardinalityColumn implements Column {
  readonly type = 'LowCardinality(String)';
  readonly dictionary: Dictionary;
  /** The numbers, 32 bits each. */
  readonly numbers: ByteBuffer;
  private last = -1;

  constructor(memory: BlockMemory) {
    this.dictionary = memory.dictionary();
    this.numbers = memory.buffer();
  }

  /** Adds a text out of a request, cut to `limit` bytes between two characters. */
  addText(source: WireReader, at: number, length: number, limit: number): void {
    this.numbers.uint32(this.numberOf(source, at, length, limit));
  }

  private numberOf(source: WireReader, at: number, length: number, limit: number): number {
    const { dictionary } = this;
    const kept = length <= limit ? length : cutLength(source.bytes, at, length, limit);
    this.last = dictionary.numberAfter(this.last < dictionary.count ? this.last : -1, source, at, kept);
    return this.last;
  }

  /** Adds the value of this number. */
  add(number: number): void {
    this.numbers.uint32(number);
  }

  /** Adds the value of this number so many times. */
  addTimes(number: number, times: number): void {
    this.numbers.uint32Times(number, times);
  }

  /** Adds a text out of a request so many times. */
  addTextTimes(source: WireReader, at: number, length: number, limit: number, times: number): void {
    if (times === 0) return;
    this.numbers.uint32Times(this.numberOf(source, at, length, limit), times);
  }

  writePrefix(out: BlockParts): void {
    out.small.uint64(sharedDictionariesVersion, 0);
  }

  writeValues(out: BlockParts): void {
    const count = this.numbers.position / 4;
    if (count === 0) return;
    const { dictionary } = this;
    // As narrow as the numbers allow: 1, 2 or 4 bytes each.
    const width = dictionary.count <= 2 ** 8 ? 0 : dictionary.count <= 2 ** 16 ? 1 : 2;
    out.small.uint64(hasAdditionalKeys | needsUpdateOfDictionary | width, 0);
    out.small.int64(dictionary.count);
    out.bytes(dictionary.keys.written());
    out.small.int64(count);
    const numbers = new Uint32Array(this.numbers.bytes.buffer, 0, count);
    if (width === 0) out.bytes(new Uint8Array(numbers));
    else if (width === 1) out.bytes(new Uint8Array(new Uint16Array(numbers).buffer));
    else out.bytes(this.numbers.written());
  }
}

/** SerializationLowCardinality.cpp of ClickHouse has these. */
const sharedDictionariesVersion = 1;
const hasAdditionalKeys = 1 << 9;
const needsUpdateOfDictionary = 1 << 10;
