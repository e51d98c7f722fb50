/** Requests of which one thing can be turned up: how many services there are, or how many keys attributes have. */
import { encodeTraces } from '../../kernel/otlp/proof/reference.ts';
import { randomFrom } from '../random.ts';

export interface Variety {
  readonly services: number;
  readonly attributeKeys: number;
}

const attributesPerSpan = 12;
const spansPerTrace = 8;

/** Spans that begin now; the services take turns. @param index of the request: another has other ids */
export const variedRequest = ({ services, attributeKeys }: Variety, index: number, spans: number): Buffer => {
  const random = randomFrom(index, services * 31 + attributeKeys);
  const bytes = (length: number): Buffer => Buffer.from(Array.from({ length }, () => random() & 0xff));
  const nowNs = BigInt(Date.now()) * 1_000_000n;
  let traceId = bytes(16);
  const spanOf = (i: number): object => {
    if (i % spansPerTrace === 0) traceId = bytes(16);
    return {
      traceId,
      spanId: bytes(8),
      parentSpanId: i % spansPerTrace === 0 ? Buffer.alloc(0) : bytes(8),
      name: `operation ${random() % 20}`,
      kind: 2,
      startTimeUnixNano: String(nowNs),
      endTimeUnixNano: String(nowNs + BigInt(random() % 50_000_000)),
      attributes: Array.from({ length: attributesPerSpan }, () => {
        const key = random() % attributeKeys;
        return { key: `attribute.number_${key}`, value: { stringValue: `value ${random() % 50}` } };
      }),
    };
  };
  const spansPerService = Math.ceil(spans / Math.min(services, 10));
  return encodeTraces({
    resourceSpans: Array.from({ length: Math.ceil(spans / spansPerService) }, () => ({
      resource: { attributes: [{ key: 'service.name', value: { stringValue: `service-${random() % services}` } }] },
      scopeSpans: [{ scope: { name: 'bench' }, spans: Array.from({ length: spansPerService }, (_, i) => spanOf(i)) }],
    })),
  });
};
