/** Names and values as they must be written in a query to be read back as what they are. */
import type { Target } from './targets.ts';

export const writeValue = (value: string): string =>
  /^[^\s"()*\\,<>][^\s"()*\\,]*$/.test(value) && !keywords.has(value) ? value : quote(value);

/** An attribute's name; with its scope where a well-known field has the same. */
export const writeAttribute = (key: string, scope: 'record' | 'resource', target: Target): string => {
  const taken = target.columns.has(key) || target.aliases.has(key) || /^(attributes?|resource)\./.test(key);
  const name = taken ? `${scope === 'record' ? 'attributes' : 'resource'}.${key}` : key;
  return /^[\p{L}_@$][^\s:"()*<>]*$/u.test(name) ? name : quote(name);
};

const keywords = new Set(['AND', 'OR', 'NOT']);
const quote = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;
