/** The types of a list of attributes: a letter for each, or none at all when all are strings. */

import { limits } from '../limits.ts';
import type { Dictionary } from '../native/dictionary.ts';
import { WireReader } from '../wire.ts';
import { letter } from './value-text.ts';

export class TypeLetters {
  private readonly dictionary: Dictionary;
  /** Of this list as far as it is known, and from there on those of the list before. */
  private readonly letters = new WireReader(new Uint8Array(limits.attributes + 1));
  private count = 0;
  private isNew = true;
  private lastCount = 0;
  private lastNumber = -1;

  /** @param dictionary of the column they go to, which nobody else adds to */
  constructor(dictionary: Dictionary) {
    this.dictionary = dictionary;
  }

  /** Starts the next list. */
  clear(): void {
    this.count = 0;
  }

  add(type: number): void {
    const { bytes } = this.letters;
    const at = this.count++;
    if (bytes[at] === type) return;
    bytes[at] = type;
    this.isNew = true;
  }

  /** The letters as a number of the dictionary: nearly always that of the list before. */
  number(): number {
    const { dictionary, letters, count } = this;
    if (this.isNew || count !== this.lastCount || this.lastNumber >= dictionary.count) {
      let strings = 0;
      while (strings < count && letters.bytes[strings] === letter.string) strings++;
      this.lastNumber = dictionary.numberOf(letters, 0, strings === count ? 0 : count);
      this.lastCount = count;
      this.isNew = false;
    }
    return this.lastNumber;
  }
}
