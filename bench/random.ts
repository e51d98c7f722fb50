/** Numbers that look random and are the same for the same seed, everywhere: sfc32 of PractRand, whose state is 128 bits. */

/** The next 32 bits, unsigned. */
export type Random = () => number;

export const randomFrom = (seed: number, stream = 0): Random => {
  let a = seed | 0;
  let b = stream | 0;
  let c = 0x9e3779b9 | 0;
  let count = 1;
  const next: Random = () => {
    const value = (a + b + count) | 0;
    count = (count + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + value) | 0;
    return value >>> 0;
  };
  // The seed shows in the first of them.
  for (let i = 0; i < 15; i++) next();
  return next;
};
