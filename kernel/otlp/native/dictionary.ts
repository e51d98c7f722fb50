/**
 * The values of a LowCardinality(String) column, each once, numbered in the order they came. Numbers follow from the
 * values alone, never from the hashes, so the same rows always make the same bytes.
 */
import { hashBytes } from '../hash-bytes.ts';
import { WireReader } from '../wire.ts';
import { type AllowGrowth, ByteBuffer } from './byte-buffer.ts';

export class Dictionary {
  count = 0;
  /** The values, as a column of Strings has them. */
  readonly keys: ByteBuffer;
  /** By number: where in `keys` it lies, how long it is, and its hash. */
  private starts = new Int32Array(initialEntries);
  private lengths = new Int32Array(initialEntries);
  private hashes = new Int32Array(initialEntries);
  /** By number plus one: the number that came after it last. */
  private successors = new Int32Array(initialEntries + 1);
  /** Open addressing: numbers, plus one. */
  private slots = new Int32Array(2 * initialEntries);

  constructor(allowGrowth: AllowGrowth) {
    this.keys = new ByteBuffer(1024, allowGrowth);
  }

  clear(): void {
    this.count = 0;
    this.keys.clear();
    if (this.slots.length <= keptSlots) {
      this.slots.fill(0);
      return;
    }
    this.keys.resize(1024);
    this.starts = new Int32Array(initialEntries);
    this.lengths = new Int32Array(initialEntries);
    this.hashes = new Int32Array(initialEntries);
    this.successors = new Int32Array(initialEntries + 1);
    this.slots = new Int32Array(2 * initialEntries);
  }

  /**
   * The number of a value that comes after the value `previous`, or first (-1). Senders write the same keys in the same order,
   * so what followed last time is compared before anything is hashed.
   */
  numberAfter(previous: number, source: WireReader, at: number, length: number): number {
    const guess = this.successors[previous + 1]!;
    if (guess < this.count && this.is(guess, source, at, length)) return guess;
    const number = this.numberOf(source, at, length);
    this.successors[previous + 1] = number;
    return number;
  }

  /** The number of a value, which is added when it is new. */
  numberOf(source: WireReader, at: number, length: number): number {
    const hash = hashBytes(source.bytes, source.view, at, length, length);
    const mask = this.slots.length - 1;
    let slot = hash & mask;
    for (let entry = this.slots[slot]!; entry !== 0; entry = this.slots[slot]!) {
      if (this.hashes[entry - 1] === hash && this.is(entry - 1, source, at, length)) return entry - 1;
      slot = (slot + 1) & mask;
    }
    const number = this.add(source, at, length, hash);
    place(this.slots, hash, number);
    return number;
  }

  numberOfText(text: string): number {
    return this.numberOfBytes(Buffer.from(text));
  }

  numberOfBytes(bytes: Uint8Array): number {
    return this.numberOf(new WireReader(bytes), 0, bytes.length);
  }

  /** Where in `keys` the value of this number lies. */
  startOf(number: number): number {
    return this.starts[number]!;
  }

  lengthOf(number: number): number {
    return this.lengths[number]!;
  }

  /** Whether the value of this number is this. */
  is(number: number, { bytes, view }: WireReader, at: number, length: number): boolean {
    if (this.lengths[number] !== length) return false;
    const start = this.starts[number]!;
    const { keys } = this;
    const last = length - 4;
    if (last < 0) return areSame(keys.bytes, start, bytes, at, length);
    const known = keys.view;
    for (let i = 0; i < last; i += 4) if (known.getInt32(start + i, true) !== view.getInt32(at + i, true)) return false;
    return known.getInt32(start + last, true) === view.getInt32(at + last, true);
  }

  private add(source: WireReader, at: number, length: number, hash: number): number {
    const number = this.count++;
    if (number === this.starts.length) this.grow();
    const { keys } = this;
    keys.varint(length);
    this.starts[number] = keys.position;
    this.lengths[number] = length;
    this.hashes[number] = hash;
    this.successors[number + 1] = number + 1;
    keys.copy(source, at, length);
    return number;
  }

  private grow(): void {
    const entries = 2 * this.starts.length;
    this.starts = enlarged(this.starts, entries);
    this.lengths = enlarged(this.lengths, entries);
    this.hashes = enlarged(this.hashes, entries);
    this.successors = enlarged(this.successors, entries + 1);
    this.slots = new Int32Array(2 * entries);
    for (let number = 0; number < this.count - 1; number++) place(this.slots, this.hashes[number]!, number);
  }
}

const initialEntries = 64;
/** What a dictionary of an unusual block needed is given back. */
const keptSlots = 2 ** 16;

const enlarged = (numbers: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> => {
  const result = new Int32Array(length);
  result.set(numbers);
  return result;
};

const areSame = (a: Uint8Array, aAt: number, b: Uint8Array, bAt: number, length: number): boolean => {
  for (let i = 0; i < length; i++) if (a[aAt + i] !== b[bAt + i]) return false;
  return true;
};

const place = (slots: Int32Array, hash: number, number: number): void => {
  const mask = slots.length - 1;
  let slot = hash & mask;
  while (slots[slot] !== 0) slot = (slot + 1) & mask;
  slots[slot] = number + 1;
};
