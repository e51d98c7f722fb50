/** Reads the four messages of data points. The reader has entered one, `point` is clear. */

import type { ByteBuffer } from '../native/byte-buffer.ts';
import { fixed64, lengthDelimited, varint, WireError, type WireReader } from '../wire.ts';
import type { DataPoint } from './data-point.ts';
import type { Distribution } from './distribution.ts';

export const readNumberPoint = (reader: WireReader, point: DataPoint): void => {
  while (reader.position < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case fixed64(2):
        point.startTimeAt = reader.position;
        reader.advance(8);
        break;
      case fixed64(3):
        point.timeAt = reader.position;
        reader.advance(8);
        break;
      case fixed64(4):
        point.value.read(reader, false);
        break;
      case lengthDelimited(5):
        point.exemplars.add(reader);
        break;
      case fixed64(6):
        point.value.read(reader, true);
        break;
      case lengthDelimited(7):
        point.attributes.add(reader, tag);
        break;
      case varint(8):
        point.flags = reader.varint32();
        break;
      default:
        reader.skip(tag);
    }
  }
};

export const readHistogramPoint = (reader: WireReader, point: DataPoint): void => {
  const { distribution } = point;
  while (reader.position < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case fixed64(2):
        point.startTimeAt = reader.position;
        reader.advance(8);
        break;
      case fixed64(3):
        point.timeAt = reader.position;
        reader.advance(8);
        break;
      case fixed64(4):
        distribution.countAt = reader.position;
        reader.advance(8);
        break;
      case fixed64(5):
        distribution.sumAt = reader.position;
        reader.advance(8);
        break;
      case fixed64(6):
        readOne(reader, distribution.bucketCounts);
        break;
      case lengthDelimited(6):
        readPacked(reader, distribution.bucketCounts);
        break;
      case fixed64(7):
        readOne(reader, distribution.bounds);
        break;
      case lengthDelimited(7):
        readPacked(reader, distribution.bounds);
        break;
      case lengthDelimited(8):
        point.exemplars.add(reader);
        break;
      case lengthDelimited(9):
        point.attributes.add(reader, tag);
        break;
      case varint(10):
        point.flags = reader.varint32();
        break;
      case fixed64(11):
        distribution.minAt = reader.position;
        reader.advance(8);
        break;
      case fixed64(12):
        distribution.maxAt = reader.position;
        reader.advance(8);
        break;
      default:
        reader.skip(tag);
    }
  }
};

export const readExponentialHistogramPoint = (reader: WireReader, point: DataPoint): void => {
  const { distribution } = point;
  while (reader.position < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case lengthDelimited(1):
        point.attributes.add(reader, tag);
        break;
      case fixed64(2):
        point.startTimeAt = reader.position;
        reader.advance(8);
        break;
      case fixed64(3):
        point.timeAt = reader.position;
        reader.advance(8);
        break;
      case fixed64(4):
        distribution.countAt = reader.position;
        reader.advance(8);
        break;
      case fixed64(5):
        distribution.sumAt = reader.position;
        reader.advance(8);
        break;
      case varint(6):
        distribution.scale = reader.zigzag32();
        break;
      case fixed64(7):
        distribution.zeroCountAt = reader.position;
        reader.advance(8);
        break;
      case lengthDelimited(8):
        distribution.positive.read(reader);
        break;
      case lengthDelimited(9):
        distribution.negative.read(reader);
        break;
      case varint(10):
        point.flags = reader.varint32();
        break;
      case lengthDelimited(11):
        point.exemplars.add(reader);
        break;
      case fixed64(12):
        distribution.minAt = reader.position;
        reader.advance(8);
        break;
      case fixed64(13):
        distribution.maxAt = reader.position;
        reader.advance(8);
        break;
      case fixed64(14):
        distribution.zeroThresholdAt = reader.position;
        reader.advance(8);
        break;
      default:
        reader.skip(tag);
    }
  }
};

export const readSummaryPoint = (reader: WireReader, point: DataPoint): void => {
  const { distribution } = point;
  distribution.sumIsRequired = true;
  while (reader.position < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case fixed64(2):
        point.startTimeAt = reader.position;
        reader.advance(8);
        break;
      case fixed64(3):
        point.timeAt = reader.position;
        reader.advance(8);
        break;
      case fixed64(4):
        distribution.countAt = reader.position;
        reader.advance(8);
        break;
      case fixed64(5):
        distribution.sumAt = reader.position;
        reader.advance(8);
        break;
      case lengthDelimited(6):
        readQuantile(reader, distribution);
        break;
      case lengthDelimited(7):
        point.attributes.add(reader, tag);
        break;
      case varint(8):
        point.flags = reader.varint32();
        break;
      default:
        reader.skip(tag);
    }
  }
};

const readQuantile = (reader: WireReader, distribution: Distribution): void => {
  const outer = reader.enter();
  let quantileAt = 0;
  let valueAt = 0;
  while (reader.position < reader.end) {
    const tag = reader.tag();
    if (tag === fixed64(1) || tag === fixed64(2)) {
      if (tag === fixed64(1)) quantileAt = reader.position;
      else valueAt = reader.position;
      reader.advance(8);
    } else reader.skip(tag);
  }
  distribution.quantiles.fixed64(reader, quantileAt);
  distribution.quantileValues.fixed64(reader, valueAt);
  reader.leave(outer);
};

/** An element of a repeated fixed64 or double. Parsers must take these packed and one by one. */
const readOne = (reader: WireReader, into: ByteBuffer): void => {
  const at = reader.position;
  reader.advance(8);
  into.copy(reader, at, 8);
};

const readPacked = (reader: WireReader, into: ByteBuffer): void => {
  const length = reader.length();
  if (length % 8 !== 0) throw new WireError('packed numbers of 8 bytes, but not a multiple of 8,', reader.position);
  into.copy(reader, reader.position, length);
  reader.position += length;
};
