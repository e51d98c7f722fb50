/**
 * Counts which values the keys of a Map column have, per tenant and hour, over the finished columns of a block: nothing
 * is decoded, and nothing is created per attribute. What it says follows from the rows and their order alone.
 *
 * A key that has too many values, or whose values hardly come twice, is that of an id: it is counted, and its values are
 * not listed. All is bounded; what comes when a bound is reached is left out, and follows with the next block.
 */
import { hashBytes } from '../hash-bytes.ts';
import type { Dictionary } from '../native/dictionary.ts';
import type { MapRuns } from '../native/map-runs-column.ts';

export interface FacetLimits {
  /** Longer values are texts, never choices. Lengths must fit 7 bits. */
  readonly valueBytes: number;
  /** Of one key in one hour of a tenant: with more, none is listed. */
  readonly valuesOfKey: number;
  /** Of all keys together: values beyond are not listed. */
  readonly values: number;
  /** Keys, those of each hour of each tenant for themselves: keys beyond are not counted. */
  readonly keys: number;
  /** Hours of tenants times keys of the column: rows of hours beyond are not counted. */
  readonly places: number;
}

export const facetLimits: FacetLimits = {
  valueBytes: 64,
  valuesOfKey: 1000,
  values: 2 ** 16,
  keys: 2 ** 14,
  places: 2 ** 20,
};

/** Bytes and a view of them, as a ByteBuffer has them. */
export interface Bytes {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** Told one sum after the other. `hour` and `key` are the numbers that the counter was given. */
export interface FacetSums {
  /** Of the `rows` with this value; of those without one to list, `unlisted` have one all the same. */
  add(hour: number, key: number, valueAt: number, valueLength: number, rows: number, unlisted: number): void;
}

export class FacetCounter {
  private readonly limits: FacetLimits;
  private keyCount = 0;
  private maxHours = 0;
  private values: Bytes = { bytes: new Uint8Array(), view: new DataView(new ArrayBuffer(0)) };
  /** By hour and key: the number of the key's record in `keys`, 0 where there is none yet, or -1 where there shall be none. */
  private places = new Int32Array(2 ** 10);
  private usedPlaces = 0;
  /** Records of `keyFields` numbers. Number 0 stays unused. */
  private keys = new Int32Array(keyFields * 256);
  private usedKeys = 1;
  /** Records of `valueFields` numbers. Number 0 stays unused. */
  private listed = new Int32Array(valueFields * 1024);
  private usedValues = 1;
  /** Open addressing: numbers of `listed`. */
  private slots = new Int32Array(2 ** 11);

  constructor(limits: FacetLimits = facetLimits) {
    this.limits = limits;
  }

  /** Starts anew, on a column with `keyCount` keys whose `values` stay as they are until the sums were told. */
  start(keyCount: number, values: Bytes): void {
    this.places.fill(0, 0, this.usedPlaces);
    this.slots.fill(0);
    this.usedPlaces = 0;
    this.usedKeys = 1;
    this.usedValues = 1;
    this.keyCount = keyCount;
    this.maxHours = Math.floor(this.limits.places / Math.max(1, keyCount));
    this.values = values;
  }

  /**
   * Counts the attributes of a row, or of `rows` rows that are alike, of the tenant's hour with this number. Numbers of
   * keys are read from `keyNumbers`, from the one at `pair` up to `endPair`. Takes and returns where in `values` the next
   * value lies.
   */
  count(hour: number, keyNumbers: DataView, pair: number, endPair: number, valueAt: number, rows: number): number {
    const { bytes } = this.values;
    const isCounted = this.reserveHour(hour);
    let at = valueAt;
    for (let i = pair; i < endPair; i++) {
      let length = bytes[at++]!;
      if (length > 0x7f) {
        length &= 0x7f;
        for (let shift = 7; ; shift += 7) {
          const byte = bytes[at++]!;
          length |= (byte & 0x7f) << shift;
          if (byte < 0x80) break;
        }
      }
      if (isCounted) this.countPair(hour, keyNumbers.getInt32(4 * i, true), at, length, rows);
      at += length;
    }
    return at;
  }

  /** As `count`, of a row whose values are numbers too, of `dictionary`, which has them in `values`. */
  countRun(
    hour: number,
    { keys, values }: MapRuns,
    dictionary: Dictionary,
    pair: number,
    endPair: number,
    rows: number,
  ) {
    if (!this.reserveHour(hour)) return;
    for (let i = pair; i < endPair; i++) {
      const value = values.view.getInt32(4 * i, true);
      const key = keys.view.getInt32(4 * i, true);
      this.countPair(hour, key, dictionary.startOf(value), dictionary.lengthOf(value), rows);
    }
  }

  /** Tells all sums. */
  tell(sums: FacetSums): void {
    const { keys, listed, usedKeys, usedValues } = this;
    const endOfValues = valueFields * usedValues;
    for (let value = valueFields; value < endOfValues; value += valueFields) {
      keys[(listed[value + of.keyAndLength]! >>> lengthBits) * keyFields + field.listed]! += listed[value + of.rows]!;
    }
    for (let value = valueFields; value < endOfValues; value += valueFields) {
      const keyAndLength = listed[value + of.keyAndLength]!;
      const key = (keyAndLength >>> lengthBits) * keyFields;
      if (!this.isListed(key)) continue;
      const length = keyAndLength & (2 ** lengthBits - 1);
      sums.add(
        keys[key + field.hour]!,
        keys[key + field.number]!,
        listed[value + of.at]!,
        length,
        listed[value + of.rows]!,
        0,
      );
    }
    for (let key = keyFields; key < keyFields * usedKeys; key += keyFields) {
      const unlisted = keys[key + field.unlisted]! + (this.isListed(key) ? 0 : keys[key + field.listed]!);
      const rows = keys[key + field.empty]! + unlisted;
      if (rows > 0) sums.add(keys[key + field.hour]!, keys[key + field.number]!, 0, 0, rows, unlisted);
    }
  }

  /** A key whose values come eight times on average is one to choose from; of few rows one cannot tell, so a few are let pass. */
  private isListed(key: number): boolean {
    const { keys } = this;
    const distinct = keys[key + field.distinct]!;
    return distinct <= this.limits.valuesOfKey && distinct <= 16 + keys[key + field.listed]! / 8;
  }

  private countPair(hour: number, keyNumber: number, at: number, length: number, rows: number): void {
    const key = this.keyAt(hour, keyNumber);
    if (key < 1) return;
    const { keys, limits } = this;
    if (length === 0) keys[key + field.empty]! += rows;
    else if (length > limits.valueBytes || keys[key + field.distinct]! > limits.valuesOfKey)
      keys[key + field.unlisted]! += rows;
    else this.countValue(key, at, length, rows);
  }

  /** The key's record, or a number below 1 when the key is not counted. */
  private keyAt(hour: number, number: number): number {
    const place = hour * this.keyCount + number;
    const found = this.places[place]!;
    if (found !== 0) return found;
    if (this.usedKeys > this.limits.keys) {
      this.places[place] = -1;
      return -1;
    }
    const key = keyFields * this.usedKeys++;
    if (key === this.keys.length) this.keys = enlarged(this.keys);
    const { keys } = this;
    keys.fill(0, key, key + keyFields);
    keys[key + field.hour] = hour;
    keys[key + field.number] = number;
    this.places[place] = key;
    return key;
  }

  private countValue(key: number, at: number, length: number, rows: number): void {
    const { keys, listed } = this;
    const keyAndLength = ((key / keyFields) << lengthBits) | length;
    // Records that come one after the other often have the same value.
    const last = keys[key + field.last]!;
    if (listed[last + of.keyAndLength] === keyAndLength && this.isSame(listed[last + of.at]!, at, length)) {
      listed[last + of.rows]! += rows;
      return;
    }
    const { view, bytes } = this.values;
    const hash = hashBytes(bytes, view, at, length, Math.imul(keyAndLength, 0x85ebca6b));
    const mask = this.slots.length - 1;
    let slot = hash & mask;
    for (let value = this.slots[slot]!; value !== 0; value = this.slots[slot]!) {
      if (
        listed[value + of.hash] === hash &&
        listed[value + of.keyAndLength] === keyAndLength &&
        this.isSame(listed[value + of.at]!, at, length)
      ) {
        listed[value + of.rows]! += rows;
        keys[key + field.last] = value;
        return;
      }
      slot = (slot + 1) & mask;
    }
    if (keys[key + field.distinct] === this.limits.valuesOfKey) {
      keys[key + field.distinct]!++;
      keys[key + field.unlisted]! += rows;
    } else if (this.usedValues > this.limits.values) keys[key + field.unlisted]! += rows;
    else {
      keys[key + field.distinct]!++;
      keys[key + field.last] = this.addValue(slot, hash, at, keyAndLength, rows);
    }
  }

  private addValue(slot: number, hash: number, at: number, keyAndLength: number, rows: number): number {
    const value = valueFields * this.usedValues++;
    if (value === this.listed.length) this.listed = enlarged(this.listed);
    const { listed } = this;
    listed[value + of.hash] = hash;
    listed[value + of.at] = at;
    listed[value + of.keyAndLength] = keyAndLength;
    listed[value + of.rows] = rows;
    this.slots[slot] = value;
    if (2 * this.usedValues > this.slots.length) this.enlargeSlots();
    return value;
  }

  private enlargeSlots(): void {
    const slots = new Int32Array(2 * this.slots.length);
    const mask = slots.length - 1;
    for (let value = valueFields; value < valueFields * this.usedValues; value += valueFields) {
      let slot = this.listed[value + of.hash]! & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = value;
    }
    this.slots = slots;
  }

  /** Whether the same `length` bytes, at least one, lie at both places of `values`. */
  private isSame(one: number, other: number, length: number): boolean {
    const { bytes, view } = this.values;
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

  /** Whether rows of this hour are counted. */
  private reserveHour(hour: number): boolean {
    if (hour >= this.maxHours) return false;
    const end = (hour + 1) * this.keyCount;
    if (end <= this.usedPlaces) return true;
    this.usedPlaces = end;
    while (end > this.places.length) this.places = enlarged(this.places);
    return true;
  }
}

/** What is known of a key in an hour: which it is, rows whose value is empty, left out or listed, how many values are listed, and the last. */
const field = { hour: 0, number: 1, empty: 2, unlisted: 3, listed: 4, distinct: 5, last: 6 } as const;
const keyFields = 8;
/** What is known of a value. `keyAndLength`: the number of its key's record, and in the lowest bits its length. */
const of = { hash: 0, at: 1, keyAndLength: 2, rows: 3 } as const;
const valueFields = 4;
const lengthBits = 7;

const enlarged = (numbers: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => {
  const result = new Int32Array(2 * numbers.length);
  result.set(numbers);
  return result;
};
