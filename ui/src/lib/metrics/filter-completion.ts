/** What may be typed next in a metric's filter: its attribute keys, then the values of one. */
import type { MetricDetail } from '../../../../api/contract/metrics.ts';
import { term } from '../query-box/query-text.ts';

export interface FilterSuggestion {
  readonly label: string;
  /** Replaces `[start, end)` of the text. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** How many series, or for a key how many values. */
  readonly count: number;
}

export const suggestFilters = (
  attributes: MetricDetail['attributes'],
  text: string,
  cursor: number,
): FilterSuggestion[] => {
  const start = startOfWord(text, cursor);
  const word = text.slice(start, cursor);
  const [, minus = '', key, typed] = /^(-?)([^:\s"]+):(.*)$/s.exec(word) ?? [];
  if (key !== undefined && typed !== undefined) {
    const values = attributes.find((attribute) => attribute.key === key)?.values ?? [];
    const wanted = typed.replace(/^"/, '').toLowerCase();
    return values
      .filter(({ value }) => value.toLowerCase().includes(wanted))
      .map(({ value, series }) => ({
        label: value,
        text: `${minus}${term(key, value)} `,
        start,
        end: cursor,
        count: series,
      }));
  }
  const negation = word.startsWith('-') ? '-' : '';
  const wanted = word.slice(negation.length).toLowerCase();
  return attributes
    .filter((attribute) => attribute.key.toLowerCase().includes(wanted))
    .map((attribute) => ({
      label: attribute.key,
      text: `${negation}${attribute.key}:`,
      start,
      end: cursor,
      count: attribute.distinct,
    }));
};

// ---- helpers

/** The last space or parenthesis before the cursor that is not inside quotes. */
const startOfWord = (text: string, cursor: number): number => {
  let [start, inQuotes] = [0, false];
  for (let index = 0; index < cursor; index += 1) {
    if (text[index] === '\\') index += 1;
    else if (text[index] === '"') inQuotes = !inQuotes;
    else if (!inQuotes && /[\s()]/.test(text[index] ?? '')) start = index + 1;
  }
  return start;
};
