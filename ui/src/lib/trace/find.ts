/** Search within one trace: by name, service, id, status, events and attributes (`key`, `value` or `key=value`). */
import type { Attributes } from '../../../../api/contract/values.ts';
import { attributeText } from './attribute-text.ts';
import type { TraceTree } from './tree.ts';

/** Indexes of the matching nodes in the order of the tree; none for an empty text. Case does not matter. */
export function findSpans(tree: TraceTree, text: string): number[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return [];
  const matches = (value: string) => value.toLowerCase().includes(wanted);
  const found: number[] = [];
  for (const { index, span } of tree.nodes) {
    if (span === null) continue;
    if (
      matches(span.name) ||
      matches(span.service) ||
      matches(span.status.message) ||
      span.spanId.startsWith(wanted) ||
      anyAttribute(span.attributes, matches) ||
      span.events.some((event) => matches(event.name) || anyAttribute(event.attributes, matches))
    ) {
      found.push(index);
    }
  }
  return found;
}

function anyAttribute(attributes: Attributes, matches: (value: string) => boolean): boolean {
  for (const key in attributes) {
    if (matches(`${key}=${attributeText(attributes[key]!)}`)) return true;
  }
  return false;
}
