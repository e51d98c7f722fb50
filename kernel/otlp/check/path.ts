/** Says where in a request a byte lies, for the message of an error: `resource_spans[0].scope_spans[2].spans[17].name`. */
import type { Message } from '../schema.ts';
import { WireError, WireReader } from '../wire.ts';

/** Nobody reads a longer path. */
const maxNames = 16;

/** The path to the innermost known field around `position`; '' when no known field is. */
export const fieldPathAt = (bytes: Uint8Array, root: Message, position: number): string => {
  const reader = new WireReader(bytes);
  const path: string[] = [];
  try {
    descend(reader, root, position, path);
  } catch (error) {
    // the fault itself: the path that leads to it is complete
    if (!(error instanceof WireError)) throw error;
  }
  return path.join('.');
};

const descend = (reader: WireReader, message: Message, position: number, path: string[]): void => {
  const counts = new Map<number, number>();
  while (reader.position < reader.end) {
    const tag = reader.tag();
    const field = message.byNumber[tag >>> 3];
    if (field === undefined) {
      reader.skip(tag);
      if (reader.position > position) return;
      continue;
    }
    const index = counts.get(field.number) ?? 0;
    counts.set(field.number, index + 1);
    // named before it is read: reading it may be what fails
    path.push(field.repeated ? `${field.name}[${index}]` : field.name);
    if (field.message !== undefined && (tag & 7) === 2) {
      const outer = reader.enter();
      if (reader.end > position) {
        if (reader.position <= position && path.length < maxNames) descend(reader, field.message, position, path);
        return;
      }
      reader.leave(outer);
    } else reader.skip(tag);
    if (reader.position > position) return;
    path.pop();
  }
};
