/**
 * Walks a message and keeps where its fields are, rather than what they are. Of a field that comes twice the last
 * counts; fields that nobody asked for are skipped.
 */
import type { WireReader } from '../wire.ts';

export class MessageFields {
  /** By number of field: where its value is, of strings, bytes, messages and all of 64 bits fixed. 0: not there. */
  readonly at: Uint32Array;
  /** By number of field: its length, of strings, bytes and messages; its value, of varints and all of 32 bits. */
  readonly value: Uint32Array;
  private readonly kindOfTag = new Uint8Array(tags);

  /**
   * @param kept tags of the fields to keep
   * @param handed tags of those that `next` stops at: what is repeated, and messages to be entered
   */
  constructor(kept: readonly number[], handed: readonly number[] = []) {
    for (const tag of kept) this.kindOfTag[tag] = keep;
    for (const tag of handed) this.kindOfTag[tag] = hand;
    const last = Math.max(0, ...kept) >>> 3;
    this.at = new Uint32Array(last + 1);
    this.value = new Uint32Array(last + 1);
  }

  /** Starts the next message. */
  clear(): void {
    const { at, value } = this;
    for (let field = 1; field < at.length; field++) {
      at[field] = 0;
      value[field] = 0;
    }
  }

  /** Reads a whole message that lies elsewhere. The reader stays where it is. */
  read(reader: WireReader, at: number, length: number): void {
    this.clear();
    if (length === 0) return;
    const { position, end } = reader;
    reader.position = at;
    reader.end = at + length;
    this.next(reader);
    reader.position = position;
    reader.end = end;
  }

  /** The tag of the next field that is to be handed over, which the reader is then at the value of; 0 at the end. */
  next(reader: WireReader): number {
    const { at, value, kindOfTag } = this;
    while (reader.position < reader.end) {
      const tag = reader.tag();
      const kind = tag < tags ? kindOfTag[tag] : skip;
      if (kind === hand) return tag;
      if (kind === skip) {
        reader.skip(tag);
        continue;
      }
      const field = tag >>> 3;
      switch (tag & 7) {
        case 2: {
          const length = reader.length();
          at[field] = reader.position;
          value[field] = length;
          reader.position += length;
          break;
        }
        case 1:
          at[field] = reader.position;
          reader.advance(8);
          break;
        case 0:
          value[field] = reader.varint32();
          break;
        default:
          value[field] = reader.fixed32();
      }
    }
    return 0;
  }
}

const tags = 256;
const skip = 0;
const keep = 1;
const hand = 2;
