/**
 * Which numbers were given to records, and which of them somebody acknowledged. A byte each, so that millions of records
 * take megabytes.
 */

export interface Ledger {
  /** Numbers given so far: 0 to `count` - 1. */
  readonly count: number;
  readonly acknowledgedCount: number;
  /** Gives out `records` new numbers in a row; the first is returned. */
  take(records: number): number;
  /** A sender may forget these: from here on they must be stored. */
  acknowledge(first: number, records: number): void;
  isAcknowledged(number: number): boolean;
  /** What is acknowledged now. */
  remember(): Memory;
  /** Nothing that was acknowledged since has to be stored any more; once at most, as before. */
  goBackTo(memory: Memory): void;
}

export interface Memory {
  readonly acknowledged: Uint8Array;
  readonly acknowledgedCount: number;
}

export const openLedger = (): Ledger => {
  let acknowledged = new Uint8Array(2 ** 16);
  let count = 0;
  let acknowledgedCount = 0;
  return {
    get count() {
      return count;
    },
    get acknowledgedCount() {
      return acknowledgedCount;
    },
    take(records) {
      const first = count;
      count += records;
      if (count > acknowledged.length) {
        const grown = new Uint8Array(Math.max(count, acknowledged.length * 2));
        grown.set(acknowledged);
        acknowledged = grown;
      }
      return first;
    },
    acknowledge(first, records) {
      acknowledged.fill(1, first, first + records);
      acknowledgedCount += records;
    },
    remember: () => ({ acknowledged: acknowledged.slice(), acknowledgedCount }),
    goBackTo(memory) {
      acknowledged.fill(0);
      acknowledged.set(memory.acknowledged);
      acknowledgedCount = memory.acknowledgedCount;
    },
    isAcknowledged: (number) => acknowledged[number] === 1,
  };
};
