/** Requests of the corpus, new ones for each round, and the same bytes for all who take part in it. */
import { openCorpus } from '../corpus.ts';

export const spansPerRequest = 500;

export interface Requests {
  /** As many as asked for, no span in two of them or in those of a call before. Their times are about now. */
  take(count: number): Uint8Array[];
}

export const openRequests = (): Requests => {
  const { requests, renew } = openCorpus({ signals: ['traces'], recordsPerRequest: spansPerRequest });
  let taken = 0;
  return {
    take: (count) =>
      Array.from({ length: count }, () => {
        if (taken % requests.length === 0) renew(taken / requests.length);
        const { bytes, stamp } = requests[taken++ % requests.length]!;
        stamp(Date.now());
        return Buffer.from(bytes);
      }),
  };
};
