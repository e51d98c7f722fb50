/** The name of a resource's service, as the row writers take it: so that a service is announced under the name it is stored by. */
import { cutLength, limits } from '../limits.ts';
import { lengthDelimited, type WireReader } from '../wire.ts';

/** The name of a resource without `service.name`, as the SDKs call it. */
export const defaultService = 'unknown_service';

const key = Buffer.from('service.name');

/** The service of the Resource whose fields the reader is at; undefined when it has no such text. Moves the reader. */
export const serviceNameIn = (reader: WireReader): string | undefined => {
  let service: string | undefined;
  while (reader.position < reader.end) {
    const tag = reader.tag();
    if (tag !== lengthDelimited(1)) {
      reader.skip(tag);
      continue;
    }
    const outer = reader.enter();
    const value = valueOfKey(reader);
    // of an attribute that comes twice the last counts
    if (value !== undefined) service = value;
    reader.leave(outer);
  }
  return service === '' ? undefined : service;
};

/** The value of the KeyValue the reader is in, when its key is `service.name`. */
const valueOfKey = (reader: WireReader): string | undefined => {
  let matches = false;
  let value = '';
  while (reader.position < reader.end) {
    const tag = reader.tag();
    if (tag === lengthDelimited(1)) {
      const length = reader.length();
      matches = key.equals(reader.bytes.subarray(reader.position, reader.position + length));
      reader.position += length;
    } else if (tag === lengthDelimited(2)) {
      const outer = reader.enter();
      value = stringOfAnyValue(reader);
      reader.leave(outer);
    } else reader.skip(tag);
  }
  return matches ? value : undefined;
};

const stringOfAnyValue = (reader: WireReader): string => {
  let text = '';
  while (reader.position < reader.end) {
    const tag = reader.tag();
    if (tag === lengthDelimited(1)) {
      const length = reader.length();
      const kept = cutLength(reader.bytes, reader.position, length, limits.nameBytes);
      text = Buffer.from(reader.bytes.buffer, reader.bytes.byteOffset + reader.position, kept).toString('utf8');
      reader.position += length;
    } else reader.skip(tag);
  }
  return text;
};
