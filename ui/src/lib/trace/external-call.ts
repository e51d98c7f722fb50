/** Whether a span is a call that left the user's own servers: nobody there reported a span of its own. */
import type { Attributes } from '../../../../api/contract/values.ts';
import { attributeText } from './attribute-text.ts';
import type { SpanNode } from './tree.ts';

/** True for a call without spans behind it to a name of the public internet that is not a database or a broker. */
export function isExternalCall(node: SpanNode): boolean {
  const { span } = node;
  if (span?.kind !== 'client' || ownStores.some((key) => key in span.attributes)) return false;
  if (node.children.some((child) => child.span!.resource !== span.resource)) return false;
  const host = calledHost(span.attributes);
  return host !== null && isPublicName(host);
}

/** Host and path that a call went to, without scheme and query; undefined where the span does not tell. */
export function calledAddress(attributes: Attributes): string | undefined {
  const url = calledUrl(attributes);
  if (url !== null) return `${url.host}${url.pathname === '/' ? '' : url.pathname}`;
  return calledHost(attributes) ?? undefined;
}

const ownStores = ['db.system', 'db.system.name', 'messaging.system'];
const hostKeys = ['server.address', 'net.peer.name', 'http.host', 'peer.hostname'];
const urlKeys = ['url.full', 'http.url'];

const calledUrl = (attributes: Attributes): URL | null =>
  URL.parse(String(urlKeys.map((key) => attributes[key]).find((value) => value !== undefined) ?? ''));

function calledHost(attributes: Attributes): string | null {
  const url = calledUrl(attributes);
  if (url !== null) return url.hostname;
  const host = hostKeys.map((key) => attributes[key]).find((value) => value !== undefined);
  return host === undefined ? null : attributeText(host).replace(/:\d+$/, '');
}

/** Names without a dot, addresses and the suffixes that RFC 6762, RFC 8375, ICANN and Kubernetes keep for private use. */
const isPublicName = (host: string) =>
  /^(?:[a-z0-9_-]+\.)+[a-z][a-z0-9-]*\.?$/i.test(host) &&
  !/\.(?:local|localhost|internal|lan|home\.arpa|test|svc|localdomain)\.?$/i.test(host);
