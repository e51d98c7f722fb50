/** The bytes of a block as a list of parts: large buffers as they are, what is small joined to fewer. */
import { ByteBuffer } from './byte-buffer.ts';

export class BlockParts {
  private readonly parts: Uint8Array[] = [];
  /** Small things, and where in it those begin that are not among `parts` yet. */
  readonly small = new ByteBuffer(smallBytes, () => {});

  bytes(bytes: Uint8Array): void {
    if (bytes.length < smallBytes) this.small.append(bytes);
    else {
      this.flush();
      this.parts.push(bytes);
    }
  }

  /** All of it, in order. Parts are valid until the columns they come from change. */
  all(): Uint8Array[] {
    this.flush();
    return this.parts;
  }

  private flush(): void {
    if (this.small.position > 0) this.parts.push(this.small.written().slice());
    this.small.clear();
  }
}

const smallBytes = 16 * 1024;
