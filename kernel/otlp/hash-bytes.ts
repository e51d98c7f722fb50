/** Hashes for tables in memory. They must decide nothing that is written: each process has others. */
import { randomInt } from 'node:crypto';

/** So that nobody can send values that all hash alike. */
const seed = randomInt(2 ** 31);

/** @param view of the same bytes @param salt what equal bytes are told apart by */
export const hashBytes = (bytes: Uint8Array, view: DataView, at: number, length: number, salt: number): number => {
  let hash = seed ^ salt;
  if (length < 4) {
    for (let i = 0; i < length; i++) hash = mixed(hash, bytes[at + i]!);
  } else {
    const last = length - 4;
    for (let i = 0; i < last; i += 4) hash = mixed(hash, view.getInt32(at + i, true));
    hash = mixed(hash, view.getInt32(at + last, true));
  }
  return hash ^ (hash >>> 16);
};

/** Of a number of 32 bits. @param salt what equal numbers are told apart by */
export const hashNumber = (number: number, salt: number): number => {
  const hash = mixed(seed ^ salt, number);
  return hash ^ (hash >>> 16);
};

const mixed = (hash: number, word: number): number => {
  const product = Math.imul(hash ^ word, 0x9e3779b1);
  return product ^ (product >>> 15);
};
