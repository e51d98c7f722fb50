/** Counts the records that were taken out of a request, and says why in the sentence that goes back to the sender. */
import type { Signal } from '../messages.ts';

/** What is wrong with a record. Its detail is a number: a length, a year. */
export interface Fault {
  /** A stable word to count by. */
  readonly reason: string;
  /** Completes "1 span has …". */
  what(detail: number): string;
}

interface Entry {
  readonly fault: Fault;
  readonly detail: number;
  count: number;
}

/** Different faults that are told apart in one request; the others are only counted. */
const maxEntries = 20;

export class Rejections {
  count = 0;
  /** Rejected records by `Fault.reason`. */
  readonly byReason = new Map<string, number>();
  private readonly entries: Entry[] = [];
  private others = 0;

  add(fault: Fault, detail: number, count = 1): void {
    this.count += count;
    this.byReason.set(fault.reason, (this.byReason.get(fault.reason) ?? 0) + count);
    for (const entry of this.entries) {
      if (entry.fault === fault && entry.detail === detail) {
        entry.count += count;
        return;
      }
    }
    if (this.entries.length < maxEntries) this.entries.push({ fault, detail, count });
    else this.others += count;
  }

  addAll(rejections: Rejections): void {
    for (const { fault, detail, count } of rejections.entries) this.add(fault, detail, count);
  }

  /** For example "3 spans rejected: 2 have a trace_id of 8 bytes instead of 16, 1 has no start_time_unix_nano". */
  message(signal: Signal): string {
    const [singular, plural] = nouns[signal];
    const parts = this.entries.map(
      ({ fault, detail, count }) => `${count} ${count === 1 ? 'has' : 'have'} ${fault.what(detail)}`,
    );
    if (this.others > 0) parts.push(`${this.others} ${this.others === 1 ? 'has' : 'have'} other faults`);
    return `${this.count} ${this.count === 1 ? singular : plural} rejected: ${parts.join(', ')}`;
  }
}

const nouns: Readonly<Record<Signal, readonly [string, string]>> = {
  traces: ['span', 'spans'],
  logs: ['log record', 'log records'],
  metrics: ['data point', 'data points'],
};
