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
    writeVersion(out);
  }

  writeValues(out: BlockParts): void {
    const count = this.numbers.position / 4;
    if (count === 0) return;
    const numbers = new Uint32Array(this.numbers.bytes.buffer, 0, count);
    const Narrowest = narrowest(this.dictionary);
    writeNumbers(out, this.dictionary, Narrowest === Uint32Array ? numbers : new Narrowest(numbers));
  }
}

/** Numbers of a dictionary. */
export type Numbers = Uint8Array | Uint16Array | Uint32Array;

interface NumbersConstructor {
  readonly BYTES_PER_ELEMENT: number;
  new (count: number): Numbers;
  new (numbers: Uint32Array): Numbers;
}

/** What holds numbers of this dictionary, as narrow as it can be: 1, 2 or 4 bytes each. */
export const narrowest = ({ count }: Dictionary): NumbersConstructor => {
  if (count <= 2 ** 8) return Uint8Array;
  return count <= 2 ** 16 ? Uint16Array : Uint32Array;
};

/** What a LowCardinality column begins with. */
export const writeVersion = (out: BlockParts): void => out.small.uint64(sharedDictionariesVersion, 0);

/** The values of a LowCardinality column, one or more: its dictionary, and numbers as narrow as it allows. */
export const writeNumbers = (out: BlockParts, dictionary: Dictionary, numbers: Numbers): void => {
  const { buffer, byteOffset, byteLength, BYTES_PER_ELEMENT: size } = numbers;
  out.small.uint64(hasAdditionalKeys | needsUpdateOfDictionary | (size >>> 1), 0);
  out.small.int64(dictionary.count);
  out.bytes(dictionary.keys.written());
  out.small.int64(numbers.length);
  out.bytes(new Uint8Array(buffer, byteOffset, byteLength));
};

/** SerializationLowCardinality.cpp of ClickHouse has these. */
const sharedDictionariesVersion = 1;
const hasAdditionalKeys = 1 << 9;
const needsUpdateOfDictionary = 1 << 10;
