/** Builds spans for the tests of this folder: only what a test is about has to be written down. */
import type { Span } from '../../../../api/contract/traces.ts';
import type { RowSpan } from './row-span.ts';

export interface Sketch {
  id: string;
  parent?: string;
  /** Milliseconds since the start of the trace. */
  from: number;
  to: number;
  name?: string;
  service?: string;
  kind?: Span['kind'];
  failed?: boolean;
  attributes?: Span['attributes'];
  events?: Span['events'];
  links?: Span['links'];
  traceState?: string;
  exceptionType?: string;
}

/** Each service is one process, so it has one resource and one clock. */
export function spansOf(sketches: readonly Sketch[]): (Span & RowSpan)[] {
  const services = [...new Set(sketches.map((sketch) => sketch.service ?? 'shop'))];
  return sketches.map((sketch) => ({
    traceId: '4f2a91d07be34c6c4f2a91d07be34c6c',
    spanId: sketch.id,
    parentSpanId: sketch.parent ?? '',
    traceState: sketch.traceState ?? '',
    flags: 1,
    service: sketch.service ?? 'shop',
    name: sketch.name ?? sketch.id,
    kind: sketch.kind ?? 'internal',
    startTimeUnixNano: unixNano(sketch.from),
    endTimeUnixNano: unixNano(sketch.to),
    status: { code: sketch.failed ? 'error' : 'unset', message: '' },
    attributes: sketch.attributes ?? {},
    droppedAttributesCount: 0,
    events: sketch.events ?? [],
    droppedEventsCount: 0,
    links: sketch.links ?? [],
    droppedLinksCount: 0,
    resource: services.indexOf(sketch.service ?? 'shop'),
    scope: 0,
    ...(sketch.exceptionType !== undefined && { exceptionType: sketch.exceptionType }),
  }));
}

/** Ten in the morning of 19 November 2026 and `ms` milliseconds, exact to the nanosecond. */
const unixNano = (ms: number): string => (1_795_082_400_000_000_000n + BigInt(Math.round(ms * 1e6))).toString();

/** A tree of `count` spans with its own stream of numbers, so that a failure can be repeated from its seed. */
export function randomSketches(count: number, seed: number): Sketch[] {
  const random = mulberry32(seed);
  const sketches: Sketch[] = [{ id: 's0', from: 0, to: 10_000 }];
  for (let i = 1; i < count; i++) {
    const parent = sketches[Math.floor(random() * i)]!;
    const from = Math.round(parent.from + random() * (parent.to - parent.from) * 1.2);
    sketches.push({
      id: `s${i}`,
      parent: parent.id,
      from,
      to: from + Math.round(random() * (parent.to - parent.from)),
      name: `operation ${Math.floor(random() * 5)}`,
      service: `service-${Math.floor(random() * 6)}`,
      failed: random() < 0.02,
    });
  }
  return sketches;
}

/** Mulberry32 by Tommy Ettinger, public domain. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
