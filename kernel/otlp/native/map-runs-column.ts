/**
 * A Map(LowCardinality(String), LowCardinality(String)) column whose maps come in runs: all rows of a resource or a scope
 * have the same. A run is kept once, as numbers of its keys and of its values, and is repeated when the block is written.
 */
import { WireReader } from '../wire.ts';
import type { BlockMemory } from './block-memory.ts';
import type { BlockParts } from './block-parts.ts';
import type { ByteBuffer } from './byte-buffer.ts';
import type { Dictionary } from './dictionary.ts';
import { type Numbers, narrowest, writeNumbers, writeVersion } from './low-cardinality-column.ts';
import type { MapPairs, RepeatedMaps } from './map-column.ts';

/** Of all runs, one after the other; 32 bits each. */
export interface MapRuns {
  /** Numbers of keys, and for each that of its value. */
  readonly keys: ByteBuffer;
  readonly values: ByteBuffer;
  /** Where the pairs of each run end, and its rows. */
  readonly pairEnds: ByteBuffer;
  readonly rowEnds: ByteBuffer;
}

export class MapRunsColumn implements RepeatedMaps {
  readonly type = 'Map(LowCardinality(String), LowCardinality(String))';
  /** Of keys. */
  readonly dictionary: Dictionary;
  readonly values: Dictionary;
  readonly runs: MapRuns;
  private readonly memory: BlockMemory;
  /** Of the values that come, which come in the same buffer nearly always. */
  private reader = new WireReader(new Uint8Array());

  constructor(memory: BlockMemory) {
    this.memory = memory;
    this.dictionary = memory.dictionary();
    this.values = memory.dictionary();
    this.runs = {
      keys: memory.buffer(),
      values: memory.buffer(),
      pairEnds: memory.buffer(),
      rowEnds: memory.buffer(),
    };
  }

  add({ keys, values }: MapPairs, times: number): void {
    if (times === 0) return;
    const { runs, memory } = this;
    const { rowEnds } = runs;
    const rowsBefore = rowEnds.position === 0 ? 0 : rowEnds.view.getInt32(rowEnds.position - 4, true);
    const valueBytesBefore = this.values.keys.position;
    runs.keys.appendAll(keys);
    this.addValues(values);
    runs.pairEnds.uint32(runs.keys.position >>> 2);
    rowEnds.uint32(rowsBefore + times);
    // Of each row where its map ends, and of each pair two numbers, or one and the String.
    const { BYTES_PER_ELEMENT: keyBytes } = narrowest(this.dictionary);
    const { BYTES_PER_ELEMENT: valueBytes } = narrowest(this.values);
    const asNumbers = 8 + (keys.position >>> 2) * (keyBytes + valueBytes);
    const asStrings = 8 + keys.position + values.position;
    const asRun = 8 + 2 * keys.position;
    const newValues = this.values.keys.position - valueBytesBefore;
    memory.willRepeat(times * asNumbers - asRun, times * asStrings - asRun - newValues);
  }

  private addValues({ bytes, position: end }: ByteBuffer): void {
    const { values, runs } = this;
    if (this.reader.bytes !== bytes) this.reader = new WireReader(bytes);
    const { reader } = this;
    reader.position = 0;
    for (let last = -1; reader.position < end; ) {
      const length = reader.length();
      last = values.numberAfter(last, reader, reader.position, length);
      runs.values.uint32(last);
      reader.position += length;
    }
  }

  writePrefix(out: BlockParts): void {
    writeVersion(out);
    writeVersion(out);
  }

  writeValues(out: BlockParts): void {
    const { dictionary, values, runs } = this;
    const pairs = this.writeEnds(out);
    if (pairs === 0) return;
    writeNumbers(out, dictionary, this.repeated(runs.keys, new (narrowest(dictionary))(pairs)));
    writeNumbers(out, values, this.repeated(runs.values, new (narrowest(values))(pairs)));
  }

  /** Where the map of each row ends, counted in pairs, 64 bits each. Returns how many pairs there are. */
  private writeEnds(out: BlockParts): number {
    const pairEnds = numbersIn(this.runs.pairEnds);
    const rowEnds = numbersIn(this.runs.rowEnds);
    const ends = new Uint32Array(2 * (rowEnds.at(-1) ?? 0));
    let pairs = 0;
    for (let run = 0, row = 0, start = 0; run < rowEnds.length; run++) {
      const count = pairEnds[run]! - start;
      start += count;
      for (; row < rowEnds[run]!; row++) {
        pairs += count;
        ends[2 * row] = pairs;
      }
    }
    out.bytes(new Uint8Array(ends.buffer));
    return pairs;
  }

  /** Numbers of all runs, each run as often as it has rows. */
  private repeated(kept: ByteBuffer, into: Numbers): Numbers {
    const numbers = numbersIn(kept);
    const pairEnds = numbersIn(this.runs.pairEnds);
    const rowEnds = numbersIn(this.runs.rowEnds);
    let at = 0;
    for (let run = 0, row = 0, start = 0; run < rowEnds.length; run++) {
      const count = pairEnds[run]! - start;
      const first = at;
      const end = first + count * (rowEnds[run]! - row);
      for (; start < pairEnds[run]!; start++) into[at++] = numbers[start]!;
      for (let done = count; at < end; done *= 2) {
        into.copyWithin(at, first, Math.min(at, first + end - at));
        at += done;
      }
      at = end;
      row = rowEnds[run]!;
    }
    return into;
  }
}

const numbersIn = ({ bytes, position }: ByteBuffer): Uint32Array => new Uint32Array(bytes.buffer, 0, position >>> 2);
