/** Bounds the memory of all requests together: what they hold is leased here, and who asks for too much comes back later. */
import { RefusedError } from './refusal.ts';

export interface Lease {
  /** Does nothing once released. @throws RefusedError (unavailable) when all requests together would hold too much. */
  grow(bytes: number): void;
  /** Gives everything back; may be called more than once. */
  release(): void;
}

export interface InFlight {
  readonly bytes: number;
  readonly requests: number;
  /** @throws RefusedError (unavailable), as `grow`, and while nothing new is taken at all. */
  lease(): Lease;
}

/** What a request costs beside its body: socket, headers, closures. */
const requestBytes = 16 * 1024;

/** @param refuseWhile why nothing new is taken now; undefined while it is. */
export const boundInFlight = (maxBytes: number, refuseWhile: () => string | undefined = () => undefined): InFlight => {
  let bytes = 0;
  let requests = 0;
  const take = (count: number): void => {
    if (bytes + count > maxBytes)
      throw new RefusedError('unavailable', 'More requests are under way than memory is for.');
    bytes += count;
  };
  return {
    get bytes() {
      return bytes;
    },
    get requests() {
      return requests;
    },
    lease() {
      const why = refuseWhile();
      if (why !== undefined) throw new RefusedError('unavailable', why);
      take(requestBytes);
      requests++;
      let held = requestBytes;
      return {
        grow(count) {
          // A piece that arrives after its request has ended belongs to nobody, and nobody would give it back.
          if (held === 0) return;
          take(count);
          held += count;
        },
        release() {
          if (held === 0) return;
          bytes -= held;
          held = 0;
          requests--;
        },
      };
    },
  };
};
