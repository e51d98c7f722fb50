/**
 * Search within one trace, in all that its spans carry: names, services, ids, statuses, trace states, and attributes (`key`,
 * `value` or `key=value`) of spans, events, links, resources and scopes. The server looks in the same places
 * (api/traces/matches.ts) for what is not here.
 */
import type { Span } from '../../../../api/contract/traces.ts';
import type { Attributes, Resource, Scope } from '../../../../api/contract/values.ts';
import { attributeText } from './attribute-text.ts';
import type { RowSpan } from './row-span.ts';
import type { TraceTree } from './tree.ts';

/** All that a span carries, and what it came from. */
export interface Carried {
  readonly span: Span;
  readonly resource: Resource | undefined;
  readonly scope: Scope | undefined;
}

/** What is known of spans beyond their rows. */
export interface FindIn {
  /** Undefined where that is not here. */
  readonly carried: (span: RowSpan) => Carried | undefined;
  /** Ids of spans in which the server found the text. */
  readonly found: ReadonlySet<string>;
}

/** Indexes of the matching nodes in the order of the tree; none for an empty text. Case does not matter. */
export function findSpans(tree: TraceTree, text: string, { carried, found: foundIds }: FindIn): number[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return [];
  const holds = (value: string): boolean => value.toLowerCase().includes(wanted);
  const begins = (id: string): boolean => id.startsWith(wanted);
  const anyHolds = (attributes: Attributes): boolean => anyAttribute(attributes, holds);
  // Many spans came from one: it is looked through once.
  const resourceHolds = once(({ attributes }: Resource) => anyHolds(attributes));
  const scopeHolds = once(
    ({ name, version, attributes }: Scope) => holds(name) || holds(version) || anyHolds(attributes),
  );

  const inCarried = ({ span, resource, scope }: Carried): boolean =>
    holds(span.traceState) ||
    anyHolds(span.attributes) ||
    span.events.some((event) => holds(event.name) || anyHolds(event.attributes)) ||
    span.links.some(
      (link) => begins(link.traceId) || begins(link.spanId) || holds(link.traceState) || anyHolds(link.attributes),
    ) ||
    (resource !== undefined && resourceHolds(resource)) ||
    (scope !== undefined && scopeHolds(scope));

  const found: number[] = [];
  for (const { index, span } of tree.nodes) {
    if (span === null) continue;
    const whole = carried(span);
    if (
      holds(span.name) ||
      holds(span.service) ||
      holds(span.status.message) ||
      begins(span.spanId) ||
      foundIds.has(span.spanId) ||
      (whole !== undefined && inCarried(whole))
    ) {
      found.push(index);
    }
  }
  return found;
}

const once = <T extends object>(decide: (value: T) => boolean): ((value: T) => boolean) => {
  const decided = new Map<T, boolean>();
  return (value) => {
    const known = decided.get(value) ?? decide(value);
    decided.set(value, known);
    return known;
  };
};

function anyAttribute(attributes: Attributes, holds: (value: string) => boolean): boolean {
  for (const key in attributes) {
    if (holds(`${key}=${attributeText(attributes[key]!)}`)) return true;
  }
  return false;
}
