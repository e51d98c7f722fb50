/** A table of keys in hours of tenants, and what was counted of each: records of numbers, and hashes to find them by. */
import { hashNumber } from '../hash-bytes.ts';
import type { TenantHours } from './tenant-hours.ts';
import { TenantShares } from './tenant-shares.ts';

/** What is known of a key in an hour: which it is, rows whose value is empty, left out or listed, how many values are listed, and the last. */
export const keyField = { hour: 0, number: 1, empty: 2, unlisted: 3, listed: 4, distinct: 5, last: 6 } as const;
/** Numbers of a record. */
export const keyFields = 8;

export class CountedKeys {
  /** A key is where in here its record begins. Number 0 stays unused. */
  records = new Int32Array(keyFields * 256);
  /** Where the last of the records ends. */
  end: number = keyFields;
  /** Open addressing: keys. */
  private slots = new Int32Array(2 ** 9);
  /** Keys that were looked for last, to be found without a hash: those of a few hours have a place each. */
  private readonly recent = new Int32Array(2 ** 13);
  private readonly hours: TenantHours;
  private readonly shares: TenantShares;

  /** @param limit of keys of all tenants, in shares of theirs @param hours whose numbers it will be given */
  constructor(limit: number, hours: TenantHours) {
    this.hours = hours;
    this.shares = new TenantShares(limit);
  }

  /** Starts anew. */
  start(): void {
    this.slots.fill(0);
    this.records.fill(0, 0, keyFields);
    this.records[keyField.number] = none;
    this.recent.fill(0);
    this.end = keyFields;
    this.shares.start(this.hours.tenantCount);
  }

  /** The key of this number in this hour, which is added when it is new; 0 when its tenant has too many. */
  of(hour: number, number: number): number {
    const { records, recent } = this;
    const place = (number + hour * strideOfHours) & (recent.length - 1);
    const likely = recent[place]!;
    if (records[likely + keyField.number] === number && records[likely + keyField.hour] === hour) return likely;
    const key = this.find(hour, number) || this.add(hour, number);
    recent[place] = key;
    return key;
  }

  private find(hour: number, number: number): number {
    const { records, slots } = this;
    const mask = slots.length - 1;
    let slot = hashOf(hour, number) & mask;
    for (let key = slots[slot]!; key !== 0; key = slots[slot]!) {
      if (records[key + keyField.number] === number && records[key + keyField.hour] === hour) return key;
      slot = (slot + 1) & mask;
    }
    return 0;
  }

  private add(hour: number, number: number): number {
    if (!this.shares.take(this.hours.all[hour]!.tenant)) return 0;
    const key = this.end;
    this.end += keyFields;
    if (key === this.records.length) this.enlarge();
    const { records } = this;
    records.fill(0, key, this.end);
    records[key + keyField.hour] = hour;
    records[key + keyField.number] = number;
    this.place(key);
    return key;
  }

  /** Slots are twice as many as keys, or more. */
  private enlarge(): void {
    const records = new Int32Array(2 * this.records.length);
    records.set(this.records);
    this.records = records;
    this.slots = new Int32Array(2 * this.slots.length);
    for (let key = keyFields; key < this.end - keyFields; key += keyFields) this.place(key);
  }

  private place(key: number): void {
    const { records, slots } = this;
    const mask = slots.length - 1;
    let slot = hashOf(records[key + keyField.hour]!, records[key + keyField.number]!) & mask;
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    slots[slot] = key;
  }
}

/** Between places of the same key in two hours: more than an hour has keys usually. */
const strideOfHours = 1021;

/** The number of no key. */
const none = -1;

const hashOf = (hour: number, number: number): number => hashNumber(number, hashNumber(hour, 0));
