import { expect, test } from 'vitest';
import { readFrames, writeFrames } from './frames.ts';

const text = `${'otel_traces,'.repeat(40)}and no more of it: 0123456789abcdef${'z'.repeat(300)}`;

/** What ClickHouse's Go client, ch-go 0.73, makes of the text with LZ4. */
const compressed = Buffer.from(
  'CNqwHdmafWljZQbOJR4i6IJYAAAALwMAAM9vdGVsX3RyYWNlcywMAP/C/xVhbmQgbm8gbW9yZSBvZiBpdDogMDEyMzQ1Njc4OWFiY2RlZnoBAP8EAAIAAAIA0Hp6enp6enp6enp6eno=',
  'base64',
);

test('reads what is compressed with LZ4, one frame or several', () => {
  expect(readFrames(compressed).toString()).toBe(text);
  expect(readFrames(Buffer.concat([compressed, compressed])).toString()).toBe(text + text);
});

test('refuses a frame that is cut', () => {
  expect(() => readFrames(compressed.subarray(0, -1))).toThrow('is cut');
});

/** The checksums that ch-go gives to as many bytes of the text, not compressed. */
test.each([
  [24, '91f00eb14c7327bdacf263c990772c5d'],
  [40, '70977607e67bf2b54aac8d84d30e19d1'],
  [57, 'ea5391aca5723e507f30a55c996bf77a'],
  [100, '188b92d0d9ba6398b21a1b1236754c7b'],
])('a frame of %i bytes has the checksum that clients expect', (length, checksum) => {
  const frame = writeFrames(Buffer.from(text.slice(0, length)));
  expect(frame.subarray(0, 16).toString('hex')).toBe(checksum);
});

test('what is longer than a frame comes back whole', () => {
  for (const length of [101, 199, 200, 555, 815]) {
    expect(readFrames(writeFrames(Buffer.from(text.slice(0, length)))).toString()).toBe(text.slice(0, length));
  }
});
