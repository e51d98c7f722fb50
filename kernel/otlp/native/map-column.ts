/** A Map(LowCardinality(String), String) column: where the map of each row ends, then the keys and the values of all. */
import type { BlockMemory } from './block-memory.ts';
import type { BlockParts } from './block-parts.ts';
import { type ByteBuffer, scratchBuffer } from './byte-buffer.ts';
import type { Column } from './column.ts';
import type { Dictionary } from './dictionary.ts';
import { LowCardinalityColumn } from './low-cardinality-column.ts';

/** Pairs of a map: numbers of keys in a dictionary, 32 bits each, and as many Strings. */
export interface MapPairs {
  readonly keys: ByteBuffer;
  readonly values: ByteBuffer;
}

/** Pairs that are to be added to a column. */
export const scratchPairs = (maxBytes: number): MapPairs => ({
  keys: scratchBuffer(maxBytes),
  values: scratchBuffer(maxBytes),
});

/** A column of maps made elsewhere, each of which many rows have. */
export interface RepeatedMaps extends Column {
  /** Of keys. */
  readonly dictionary: Dictionary;
  /** Adds a map, whose keys are numbers of `dictionary`, to so many rows. */
  add(pairs: MapPairs, times: number): void;
}

export class MapColumn implements RepeatedMaps {
  readonly type = 'Map(LowCardinality(String), String)';
  /** Pairs are added here, keys by their numbers in `dictionary`. */
  readonly pairs: MapPairs;
  readonly dictionary: Dictionary;
  /** Where the map of each row ends, counted in pairs, 64 bits each. */
  readonly ends: ByteBuffer;
  private readonly keys: LowCardinalityColumn;

  constructor(memory: BlockMemory) {
    this.ends = memory.buffer();
    this.keys = new LowCardinalityColumn(memory);
    this.dictionary = this.keys.dictionary;
    this.pairs = { keys: this.keys.numbers, values: memory.buffer() };
  }

  /** The map of a row is complete. */
  end(): void {
    this.ends.uint64(this.pairs.keys.position >>> 2, 0);
  }

  add({ keys, values }: MapPairs, times: number): void {
    if (times === 0) return;
    if (keys.position > 0) {
      this.pairs.keys.appendAll(keys);
      this.pairs.keys.repeat(keys.position, times - 1);
      this.pairs.values.appendAll(values);
      this.pairs.values.repeat(values.position, times - 1);
    }
    const count = keys.position >>> 2;
    const last = this.pairs.keys.position >>> 2;
    this.ends.uint64Steps(last - count * (times - 1), count, times);
  }

  writePrefix(out: BlockParts): void {
    this.keys.writePrefix(out);
  }

  writeValues(out: BlockParts): void {
    out.bytes(this.ends.written());
    this.keys.writeValues(out);
    out.bytes(this.pairs.values.written());
  }
}
