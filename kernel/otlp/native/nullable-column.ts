/** A Nullable(Float64) column: a byte for each value, 1 for NULL, then the values, where NULL has any. */
import type { WireReader } from '../wire.ts';
import type { BlockMemory } from './block-memory.ts';
import type { BlockParts } from './block-parts.ts';
import type { ByteBuffer } from './byte-buffer.ts';
import type { Column } from './column.ts';

export class NullableColumn implements Column {
  readonly type = 'Nullable(Float64)';
  private readonly nulls: ByteBuffer;
  private readonly values: ByteBuffer;

  constructor(memory: BlockMemory) {
    this.nulls = memory.buffer();
    this.values = memory.buffer();
  }

  /** A double out of a request. */
  add(source: WireReader, at: number): void {
    this.nulls.byte(0);
    this.values.fixed64(source, at);
  }

  addNull(times = 1): void {
    if (times === 0) return;
    this.nulls.byte(1);
    this.nulls.repeat(1, times - 1);
    this.values.zeros(8 * times);
  }

  writePrefix(): void {}

  writeValues(out: BlockParts): void {
    out.bytes(this.nulls.written());
    out.bytes(this.values.written());
  }
}
