/** OTLP/JSON requests made of chance, the same for the same seed: for tests that compare and tests that break things. */
import { requests, type Signal } from '../messages.ts';
import type { Field, Message } from '../schema.ts';

/** An integer from 0 up to, not including, its argument. */
export type Random = (below: number) => number;

/** mulberry32: the same numbers for the same seed. */
export const randomOf = (seed: number): Random => {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
};

/** With every field there is now and then, and values that need not make sense. */
export const randomRequest = (signal: Signal, random: Random): Record<string, unknown> =>
  randomMessage(requests[signal], random, 0);

const randomMessage = (message: Message, random: Random, depth: number): Record<string, unknown> => {
  const result: Record<string, unknown> = {};
  let hasMember = false;
  for (const field of message.byNumber) {
    if (field === undefined || random(3) === 0) continue;
    // at most one member of AnyValue's oneof, or the last in order of numbers would count
    if (message.name === 'AnyValue' && (hasMember || random(4) > 0)) continue;
    if (field.message && depth > 12) continue;
    hasMember = true;
    result[field.jsonName] = field.repeated
      ? Array.from({ length: random(3) + 1 }, () => randomValue(field, random, depth))
      : randomValue(field, random, depth);
  }
  // a oneof as well
  if (result.asDouble !== undefined) delete result.asInt;
  const data = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'].filter((name) => name in result);
  for (const name of message.name === 'Metric' ? data.slice(1) : []) delete result[name];
  return result;
};

const randomValue = (field: Field, random: Random, depth: number): unknown => {
  const bits = (count: number): bigint => {
    let value = 0n;
    for (let i = 0; i < count; i += 16) value = (value << 16n) | BigInt(random(2 ** 16));
    return random(2) ? value : BigInt(random(300));
  };
  switch (field.type) {
    case 'message':
      return randomMessage(field.message!, random, depth + 1);
    case 'string':
      return ['', 'key', 'ünïcode 漢字', 'x'.repeat(random(400)), '😀'][random(5)];
    case 'id':
      return Buffer.from(Array.from({ length: [0, 8, 16, 5][random(4)]! }, () => random(256))).toString('hex');
    case 'bytes':
      return Buffer.from(Array.from({ length: random(20) }, () => random(256))).toString('base64');
    case 'bool':
      return random(2) === 1;
    case 'double':
      return [0, 1.5, -1e300, 5e-324, 'NaN', 'Infinity', '-Infinity', 637.704][random(8)];
    case 'enum':
      return random(field.values!.size);
    case 'fixed32':
    case 'uint32':
      return Number(bits(32));
    case 'int32':
    case 'sint32':
      return Number(BigInt.asIntN(32, bits(32)));
    case 'fixed64':
    case 'uint64':
      return String(bits(64));
    default:
      return String(BigInt.asIntN(64, bits(64)));
  }
};
