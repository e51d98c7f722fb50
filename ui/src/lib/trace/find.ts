/** Search within one trace: by name, service, id, status, events and attributes (`key`, `value` or `key=value`). */
import type { Span, SpanEvent } from '../../../../api/contract/traces.ts';
import type { Attributes } from '../../../../api/contract/values.ts';
import { attributeText } from './attribute-text.ts';
import type { RowSpan } from './row-span.ts';
import type { TraceTree } from './tree.ts';

/** What is known of spans beyond their rows. */
export interface FindIn {
  /** All that a span carries; undefined where that is not here. */
  readonly carried: (span: RowSpan) => Span | undefined;
  /** Ids of spans in which the server found the text. */
  readonly found: ReadonlySet<string>;
}

/** Indexes of the matching nodes in the order of the tree; none for an empty text. Case does not matter. */
export function findSpans(tree: TraceTree, text: string, { carried, found: foundIds }: FindIn): number[] {
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
      foundIds.has(span.spanId) ||
      anyCarried(carried(span), matches)
    ) {
      found.push(index);
    }
  }
  return found;
}

function anyCarried(span: Span | undefined, matches: (value: string) => boolean): boolean {
  if (span === undefined) return false;
  const inEvent = (event: SpanEvent) => matches(event.name) || anyAttribute(event.attributes, matches);
  return anyAttribute(span.attributes, matches) || span.events.some(inEvent);
}

function anyAttribute(attributes: Attributes, matches: (value: string) => boolean): boolean {
  for (const key in attributes) {
    if (matches(`${key}=${attributeText(attributes[key]!)}`)) return true;
  }
  return false;
}
