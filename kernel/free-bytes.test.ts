import { expect, test } from 'vitest';
import { freeBytes } from './free-bytes.ts';

test('gives memory back without a collection', () => {
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 1000; i++) freeBytes(Buffer.allocUnsafeSlow(2 ** 20));
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
});

test('what is freed is empty, and what came from the pool of small buffers stays', () => {
  const large = Buffer.alloc(100_000, 'a');
  const [small, stranger] = [Buffer.from('small'), Buffer.from('stranger')];
  for (const bytes of [large, small, Buffer.alloc(0)]) freeBytes(bytes);
  expect([large.length, small.toString(), stranger.toString()]).toEqual([0, 'small', 'stranger']);
});
