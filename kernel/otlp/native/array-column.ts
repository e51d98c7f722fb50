/** An Array column: where the array of each row ends, then the elements of all rows. */
import type { BlockMemory } from './block-memory.ts';
import type { BlockParts } from './block-parts.ts';
import type { ByteBuffer } from './byte-buffer.ts';
import type { Column } from './column.ts';

/** Where arrays end, counted in elements. Parallel arrays share one. */
export class ArrayEnds {
  readonly ends: ByteBuffer;

  constructor(memory: BlockMemory) {
    this.ends = memory.buffer();
  }

  /** The array of a row is complete, or those of `rows` rows of which all but the first are empty: there are so many elements now. */
  add(elements: number, rows = 1): void {
    if (rows === 0) return;
    this.ends.uint64(elements, 0);
    if (rows > 1) this.ends.repeat(8, rows - 1);
  }
}

export class ArrayColumn<Elements extends Column> implements Column {
  readonly type: string;
  /** Elements are added here. */
  readonly elements: Elements;
  readonly ends: ArrayEnds;

  constructor(ends: ArrayEnds, elements: Elements) {
    this.type = `Array(${elements.type})`;
    this.ends = ends;
    this.elements = elements;
  }

  writePrefix(out: BlockParts): void {
    this.elements.writePrefix(out);
  }

  writeValues(out: BlockParts): void {
    out.bytes(this.ends.ends.written());
    this.elements.writeValues(out);
  }
}
