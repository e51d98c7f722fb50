/** How often an address may fail to sign in: a bucket of tries that refills with time, whatever is done to the clock. */

export interface Throttle {
  /** Milliseconds until another try is allowed; 0 when it is allowed now. */
  waitMs(address: string): number;
  failed(address: string): void;
}

const triesAtOnce = 10;
const msPerTry = 6_000;
/** An attacker with many addresses pushes out the oldest ones, and never takes more memory than this. */
const maxAddresses = 10_000;

export const createThrottle = (nowMs: () => number = () => performance.now()): Throttle => {
  /** When the address will have all its tries back. */
  const refilledAtMs = new Map<string, number>();
  const refillsAt = (address: string): number => Math.max(refilledAtMs.get(address) ?? 0, nowMs());
  return {
    waitMs: (address) => Math.max(0, refillsAt(address) + msPerTry - nowMs() - triesAtOnce * msPerTry),
    failed(address) {
      const next = refillsAt(address) + msPerTry;
      refilledAtMs.delete(address);
      refilledAtMs.set(address, next);
      if (refilledAtMs.size > maxAddresses) refilledAtMs.delete(refilledAtMs.keys().next().value!);
    },
  };
};
