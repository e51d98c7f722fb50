/** A column whose values stand one after the other: numbers, times, enums, FixedStrings, Strings. */
import type { BlockMemory } from './block-memory.ts';
import type { BlockParts } from './block-parts.ts';
import type { ByteBuffer } from './byte-buffer.ts';
import type { Column } from './column.ts';

export class PlainColumn implements Column {
  readonly type: string;
  /** A value is added by writing it. */
  readonly values: ByteBuffer;

  constructor(memory: BlockMemory, type: string) {
    this.type = type;
    this.values = memory.buffer();
  }

  writePrefix(): void {}

  writeValues(out: BlockParts): void {
    out.bytes(this.values.written());
  }
}
