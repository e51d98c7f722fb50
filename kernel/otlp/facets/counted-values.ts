/** A table of values of keys, and the rows of each. Values stay where they are and are told apart by their bytes. */
import { hashBytes } from '../hash-bytes.ts';
import { keyField, keyFields } from './counted-keys.ts';
import type { FacetLimits } from './facet-limits.ts';
import type { TenantHours } from './tenant-hours.ts';
import { TenantShares } from './tenant-shares.ts';

/** Bytes and a view of them, as a ByteBuffer has them. */
export interface Bytes {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** What is known of a value. `keyAndLength`: the number of its key's record, and in the lowest bits its length. */
export const valueField = { hash: 0, at: 1, keyAndLength: 2, rows: 3 } as const;
/** Numbers of a record. */
export const valueFields = 4;
/** Of a length in `keyAndLength`. */
export const lengthBits = 7;

export class CountedValues {
  /** A value is where in here its record begins. Number 0 stays unused. */
  records = new Int32Array(valueFields * 1024);
  /** Where the last of the records ends. */
  end: number = valueFields;
  private source: Bytes = { bytes: new Uint8Array(), view: new DataView(new ArrayBuffer(0)) };
  /** Open addressing: values. */
  private slots = new Int32Array(2 ** 11);
  private readonly limits: FacetLimits;
  private readonly hours: TenantHours;
  private readonly shares: TenantShares;

  constructor(limits: FacetLimits, hours: TenantHours) {
    this.limits = limits;
    this.hours = hours;
    this.shares = new TenantShares(limits.values);
  }

  /** Starts anew, on values that lie in `source` and stay as they are. */
  start(source: Bytes): void {
    this.slots.fill(0);
    this.end = valueFields;
    this.source = source;
    this.shares.start(this.hours.tenantCount);
  }

  /**
   * Counts rows that have a value of a key, of one byte or more. It is listed unless there are too many.
   * @param keys records of keys, `key` being one of them
   */
  count(keys: Int32Array, key: number, at: number, length: number, rows: number): void {
    const { records } = this;
    const keyAndLength = ((key / keyFields) << lengthBits) | length;
    // Records that come one after the other often have the same value.
    const last = keys[key + keyField.last]!;
    if (
      records[last + valueField.keyAndLength] === keyAndLength &&
      this.areSame(records[last + valueField.at]!, at, length)
    ) {
      records[last + valueField.rows]! += rows;
      return;
    }
    const { view, bytes } = this.source;
    const hash = hashBytes(bytes, view, at, length, Math.imul(keyAndLength, 0x85ebca6b));
    const mask = this.slots.length - 1;
    let slot = hash & mask;
    for (let value = this.slots[slot]!; value !== 0; value = this.slots[slot]!) {
      if (
        records[value + valueField.hash] === hash &&
        records[value + valueField.keyAndLength] === keyAndLength &&
        this.areSame(records[value + valueField.at]!, at, length)
      ) {
        records[value + valueField.rows]! += rows;
        keys[key + keyField.last] = value;
        return;
      }
      slot = (slot + 1) & mask;
    }
    if (keys[key + keyField.distinct] === this.limits.valuesOfKey) {
      keys[key + keyField.distinct]!++;
      keys[key + keyField.unlisted]! += rows;
    } else if (this.shares.take(this.hours.all[keys[key + keyField.hour]!]!.tenant)) {
      keys[key + keyField.distinct]!++;
      keys[key + keyField.last] = this.add(slot, hash, at, keyAndLength, rows);
    } else keys[key + keyField.unlisted]! += rows;
  }

  private add(slot: number, hash: number, at: number, keyAndLength: number, rows: number): number {
    const value = this.end;
    this.end += valueFields;
    if (value === this.records.length) this.records = enlarged(this.records);
    const { records } = this;
    records[value + valueField.hash] = hash;
    records[value + valueField.at] = at;
    records[value + valueField.keyAndLength] = keyAndLength;
    records[value + valueField.rows] = rows;
    this.slots[slot] = value;
    if (2 * (this.end / valueFields) > this.slots.length) this.enlargeSlots();
    return value;
  }

  private enlargeSlots(): void {
    const slots = new Int32Array(2 * this.slots.length);
    const mask = slots.length - 1;
    for (let value = valueFields; value < this.end; value += valueFields) {
      let slot = this.records[value + valueField.hash]! & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = value;
    }
    this.slots = slots;
  }

  private areSame(one: number, other: number, length: number): boolean {
    const { bytes, view } = this.source;
    if (length < 4) {
      for (let i = 0; i < length; i++) if (bytes[one + i] !== bytes[other + i]) return false;
      return true;
    }
    const last = length - 4;
    for (let i = 0; i < last; i += 4) {
      if (view.getInt32(one + i, true) !== view.getInt32(other + i, true)) return false;
    }
    return view.getInt32(one + last, true) === view.getInt32(other + last, true);
  }
}

const enlarged = (numbers: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => {
  const result = new Int32Array(2 * numbers.length);
  result.set(numbers);
  return result;
};
