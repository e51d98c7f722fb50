/** The row writers on broken requests: whatever the bytes, there are rows or a WireError. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { randomOf } from '../proof/random-requests.ts';
import { randomWire } from '../proof/random-wire.ts';
import { rowsOfBlock } from '../proof/rows-of.ts';
import { WireError } from '../wire.ts';
import { logsTranscoder } from './logs-rows.ts';
import { metricsTranscoder } from './metrics-rows.ts';
import { spansTranscoder } from './spans-rows.ts';

const origin = { org: 'o', project: 'p', receivedAtMs: 1_763_629_200_000, retentionDays: 30, partition: 0, offset: 7 };
const transcoders = { traces: spansTranscoder(), logs: logsTranscoder(), metrics: metricsTranscoder() };

test.each(['traces', 'logs', 'metrics'] as const)(
  '%s mutated at random are rows or a WireError, at steady memory',
  (signal) => {
    const transcoder = transcoders[signal];
    const block = transcoder.openBlock(2 ** 24);
    const bodies = Array.from({ length: 200 }, (_, seed) => randomWire(signal, seed + 1));
    const outcomes = { rows: 0, errors: 0 };
    const mutate = (from: number, to: number) => {
      for (let seed = from; seed < to; seed++) {
        const random = randomOf(seed);
        const body = mutated(bodies[random(bodies.length)]!, bodies[random(bodies.length)]!, random);
        block.clear();
        try {
          block.add(body, origin);
          // also what came of it must be rows: no value of any bytes may break the format
          rowsOfBlock(block);
          outcomes.rows++;
        } catch (error) {
          if (!(error instanceof WireError)) throw new Error(`seed ${seed}: ${error}`, { cause: error });
          expect(rowsOfBlock(block), `seed ${seed}`).toEqual([]);
          outcomes.errors++;
        }
      }
    };
    mutate(0, 4000);
    const before = heldBytes();
    mutate(4000, 20_000);
    expect(heldBytes() - before).toBeLessThan(8 * 2 ** 20);
    expect(outcomes.rows).toBeGreaterThan(1000);
    expect(outcomes.errors).toBeGreaterThan(1000);
  },
  120_000,
);

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const heldBytes = (): number => {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

/** Flipped, overwritten, inserted, removed, repeated and foreign bytes, one to four times. */
const mutated = (body: Uint8Array, other: Uint8Array, random: (below: number) => number): Uint8Array => {
  let bytes = [...body];
  for (let times = 1 + random(4); times > 0; times--) {
    const at = random(bytes.length + 1);
    const count = random(1 + random(20));
    switch (random(6)) {
      case 0:
        if (at < bytes.length) bytes[at]! ^= 1 << random(8);
        break;
      case 1:
        if (at < bytes.length) bytes[at] = random(256);
        break;
      case 2:
        bytes.splice(at, 0, ...Array.from({ length: count }, () => random(256)));
        break;
      case 3:
        bytes.splice(at, count);
        break;
      case 4:
        bytes.splice(at, 0, ...bytes.slice(at, at + count));
        break;
      default:
        bytes = [...bytes.slice(0, at), ...other.subarray(random(other.length))];
    }
  }
  return Uint8Array.from(bytes);
};
