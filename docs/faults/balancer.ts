/** What a load balancer does: it asks each ingest whether it is ready, and sends to those that are. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { IngestAddress } from './exporters.ts';
import type { Part } from './part.ts';

export interface Balancer {
  /** Of those that were ready when they were asked last; of all, where none was. */
  addresses(): readonly IngestAddress[];
  stop(): Promise<void>;
}

const askEveryMs = 100;

export const startBalancer = (parts: readonly Part[]): Balancer => {
  const ready = new Set(parts);
  const stopping = new AbortController();
  const follow = async (part: Part): Promise<void> => {
    while (!stopping.signal.aborted) {
      if (await isReady(part)) ready.add(part);
      else ready.delete(part);
      await sleep(askEveryMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
  };
  const following = parts.map(follow);
  return {
    addresses: () => (ready.size > 0 ? [...ready] : parts).map(({ ingest }) => ingest),
    async stop() {
      stopping.abort();
      await Promise.all(following);
    },
  };
};

const isReady = async (part: Part): Promise<boolean> => {
  try {
    return (await fetch(`${part.url}/readyz`, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
};
