/** Where something is in a request, rather than what it is. */
import type { WireReader } from '../wire.ts';

/** `at` 0 means that it is not there, as a tag always comes before it. */
export interface Extent {
  readonly at: number;
  readonly length: number;
}

export const noExtent: Extent = { at: 0, length: 0 };

/** Of a string, bytes or message whose length comes next. The reader moves over it. */
export const readExtent = (reader: WireReader): Extent => {
  const length = reader.length();
  const at = reader.position;
  reader.position += length;
  return { at, length };
};

/** Of the last field with this tag in a message. The reader stays where it is. */
export const findExtent = (reader: WireReader, message: Extent, tag: number): Extent => {
  const { position, end } = reader;
  let found = noExtent;
  reader.position = message.at;
  reader.end = message.at + message.length;
  while (reader.position < reader.end) {
    const next = reader.tag();
    if (next === tag) found = readExtent(reader);
    else reader.skip(next);
  }
  reader.position = position;
  reader.end = end;
  return found;
};
