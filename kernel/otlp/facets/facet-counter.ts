/**
 * Counts which values the keys of a Map column have, per tenant and hour, over the finished columns of a block: nothing
 * is decoded, and nothing is created per attribute. What it says follows from the rows and their order alone.
 *
 * A key that has too many values, or whose values hardly come twice, is that of an id: it is counted, and its values are
 * not listed.
 */
import type { Dictionary } from '../native/dictionary.ts';
import type { MapRuns } from '../native/map-runs-column.ts';
import { CountedKeys, keyField, keyFields } from './counted-keys.ts';
import { type Bytes, CountedValues, lengthBits, valueField, valueFields } from './counted-values.ts';
import type { FacetLimits } from './facet-limits.ts';
import type { TenantHours } from './tenant-hours.ts';

/** Told one sum after the other. `hour` and `key` are the numbers that the counter was given. */
export interface FacetSums {
  /** Of the `rows` with this value; of those without one to list, `unlisted` have one all the same. */
  add(hour: number, key: number, valueAt: number, valueLength: number, rows: number, unlisted: number): void;
}

export class FacetCounter {
  private readonly limits: FacetLimits;
  private readonly keys: CountedKeys;
  private readonly values: CountedValues;
  private bytes: Uint8Array = new Uint8Array();

  /** @param hours whose numbers it will be given */
  constructor(limits: FacetLimits, hours: TenantHours) {
    this.limits = limits;
    this.keys = new CountedKeys(limits.keys, hours);
    this.values = new CountedValues(limits, hours);
  }

  /** Starts anew, on a column whose `values` stay as they are until the sums were told. */
  start(values: Bytes): void {
    this.keys.start();
    this.values.start(values);
    this.bytes = values.bytes;
  }

  /**
   * Counts the attributes of a row of the tenant's hour with this number, or passes over them when that is -1. Numbers of
   * keys are read from `keyNumbers`, from the one at `pair` up to `endPair`. Takes and returns where the next value lies.
   */
  count(hour: number, keyNumbers: DataView, pair: number, endPair: number, valueAt: number): number {
    const { bytes } = this;
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
      if (hour >= 0) this.countPair(hour, keyNumbers.getInt32(4 * i, true), at, length, 1);
      at += length;
    }
    return at;
  }

  /** As `count`, of `rows` rows that are alike, whose values are numbers too, of `dictionary`, which has them. */
  countRun(
    hour: number,
    { keys, values }: MapRuns,
    dictionary: Dictionary,
    pair: number,
    endPair: number,
    rows: number,
  ): void {
    if (hour < 0) return;
    for (let i = pair; i < endPair; i++) {
      const value = values.view.getInt32(4 * i, true);
      const key = keys.view.getInt32(4 * i, true);
      this.countPair(hour, key, dictionary.startOf(value), dictionary.lengthOf(value), rows);
    }
  }

  /** Tells all sums. */
  tell(sums: FacetSums): void {
    const { records: keys, end: endOfKeys } = this.keys;
    const { records: values, end: endOfValues } = this.values;
    const keyOf = (keyAndLength: number): number => (keyAndLength >>> lengthBits) * keyFields;
    for (let value = valueFields; value < endOfValues; value += valueFields) {
      keys[keyOf(values[value + valueField.keyAndLength]!) + keyField.listed]! += values[value + valueField.rows]!;
    }
    for (let value = valueFields; value < endOfValues; value += valueFields) {
      const keyAndLength = values[value + valueField.keyAndLength]!;
      const key = keyOf(keyAndLength);
      if (!this.isListed(key)) continue;
      const at = values[value + valueField.at]!;
      const length = keyAndLength & (2 ** lengthBits - 1);
      const rows = values[value + valueField.rows]!;
      sums.add(keys[key + keyField.hour]!, keys[key + keyField.number]!, at, length, rows, 0);
    }
    for (let key = keyFields; key < endOfKeys; key += keyFields) {
      const unlisted = keys[key + keyField.unlisted]! + (this.isListed(key) ? 0 : keys[key + keyField.listed]!);
      const rows = keys[key + keyField.empty]! + unlisted;
      if (rows > 0) sums.add(keys[key + keyField.hour]!, keys[key + keyField.number]!, 0, 0, rows, unlisted);
    }
  }

  /** A key whose values come eight times on average is one to choose from; of few rows one cannot tell, so a few are let pass. */
  private isListed(key: number): boolean {
    const { records } = this.keys;
    const distinct = records[key + keyField.distinct]!;
    return distinct <= this.limits.valuesOfKey && distinct <= 16 + records[key + keyField.listed]! / 8;
  }

  private countPair(hour: number, keyNumber: number, at: number, length: number, rows: number): void {
    const key = this.keys.of(hour, keyNumber);
    if (key === 0) return;
    const { records } = this.keys;
    if (length === 0) records[key + keyField.empty]! += rows;
    else if (length > this.limits.valueBytes || records[key + keyField.distinct]! > this.limits.valuesOfKey) {
      records[key + keyField.unlisted]! += rows;
    } else this.values.count(records, key, at, length, rows);
  }
}
