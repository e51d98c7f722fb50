/**
 * Completes recorded spans to the shape that the targets ask for: 10 to 20 attributes each, an event on every fourth, a
 * link on every tenth. What is added is what agents add that the shop's few libraries leave out: the thread, the place in
 * the code, who the request was for, what a statement touched. Recorded attributes, events and links stay as they are.
 */
/** A decoded span. */
export interface ShapedSpan {
  readonly traceId: Uint8Array;
  readonly spanId: Uint8Array;
  readonly endTimeUnixNano: unknown;
  attributes: KeyValue[];
  events: object[];
  links: object[];
}

interface KeyValue {
  readonly key: string;
  readonly value: object;
}

/** Changes a decoded span. @param index of it in the corpus. @param previous the span before it, which it may link to */
export const completeSpan = (span: ShapedSpan, index: number, previous: ShapedSpan | undefined): void => {
  // What was not sent is an empty list that many messages share.
  const attributes = [...span.attributes];
  span.attributes = attributes;
  const isDatabase = attributes.some(({ key }) => key === 'db.system.name');
  const user = Buffer.from(span.traceId).toString('hex', 0, 6);
  const added = [
    ...(isDatabase ? ofDatabase(index) : []),
    text('user.id', `usr_${user}`),
    text('tenant.id', `ten_${'acme,blue,core,dune,echo,flux,gale,hive'.split(',')[index % 8]}`),
    text('code.function.name', pick(index, ['handle', 'loadCart', 'quote', 'reserve', 'charge', 'pack', 'render'])),
    text('code.file.path', pick(index, ['/srv/shop/src/cart.js', '/srv/shop/src/orders.js', '/srv/shop/src/http.js'])),
    integer('thread.id', 1 + (index % 16)),
    text('thread.name', `worker-${index % 16}`),
    integer('code.line.number', 20 + ((index * 37) % 400)),
    text('feature_flag.key', pick(index, ['new-checkout', 'fast-search', 'loyalty'])),
    text('feature_flag.result.variant', index % 5 === 0 ? 'treatment' : 'control'),
    double('app.queue_seconds', ((index * 7919) % 10_000) / 1e6),
  ];
  const least = 12 + (index % 5);
  for (const attribute of added) {
    if (attributes.length >= (isDatabase ? least : maxAttributes)) break;
    if (!attributes.some(({ key }) => key === attribute.key)) attributes.push(attribute);
  }
  attributes.splice(maxAttributes);
  if (index % 4 === 0 && span.events.length === 0) span.events = [cacheMiss(span, index)];
  if (index % 10 === 0 && previous !== undefined && span.links.length === 0) {
    const { traceId, spanId } = previous;
    span.links = [
      { traceId, spanId, flags: 0x101, attributes: [text('messaging.batch.position', String(index % 32))] },
    ];
  }
};

const maxAttributes = 20;

const ofDatabase = (index: number): KeyValue[] => [
  text('db.operation.name', pick(index, ['SELECT', 'INSERT', 'UPDATE'])),
  text('db.collection.name', pick(index, ['products', 'cart_lines', 'stock', 'orders', 'payments'])),
  text('network.transport', 'unix'),
  integer('db.response.returned_rows', (index * 13) % 40),
];

const cacheMiss = ({ endTimeUnixNano }: ShapedSpan, index: number): object => ({
  timeUnixNano: endTimeUnixNano,
  name: 'cache.miss',
  attributes: [text('cache.name', pick(index, ['prices', 'sessions', 'stock'])), integer('cache.size', index % 512)],
});

const pick = (index: number, from: readonly string[]): string => from[index % from.length]!;
const text = (key: string, stringValue: string): KeyValue => ({ key, value: { stringValue } });
const integer = (key: string, intValue: number): KeyValue => ({ key, value: { intValue } });
const double = (key: string, doubleValue: number): KeyValue => ({ key, value: { doubleValue } });
