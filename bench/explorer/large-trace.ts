/**
 * One trace of many spans, as a nightly import makes it: pages of items, each item looked up, changed and stored by
 * several services. Neighbours differ, so that hardly anything folds: what opens is what was sent.
 */
import { attributesOf, nanoOf, newId, resourceOf, sendJson } from './otlp-json.ts';

const services = ['importer', 'catalogue', 'pricing', 'inventory', 'search', 'images'];
const spansPerRequest = 1000;

/** @returns the id of the trace. It ended a minute ago, so that no page waits for more of it. */
export const sendLargeTrace = async (otlpHttpUrl: string, spanCount: number): Promise<string> => {
  const traceId = newId(16);
  const endMs = Date.now() - 60_000;
  const spans = makeSpans(traceId, spanCount, endMs);
  for (let first = 0; first < spans.length; first += spansPerRequest) {
    const byService = Map.groupBy(spans.slice(first, first + spansPerRequest), ({ service }) => service);
    await sendJson(otlpHttpUrl, 'traces', {
      resourceSpans: [...byService].map(([service, own]) => ({
        resource: resourceOf(service),
        scopeSpans: [{ scope: { name: 'import', version: '1.4.0' }, spans: own.map(({ span }) => span) }],
      })),
    });
  }
  return traceId;
};

interface Made {
  readonly service: string;
  readonly span: object;
}

/** A root, pages below it, items below these, and steps of items down to the seventh level. */
const makeSpans = (traceId: string, count: number, endMs: number): Made[] => {
  const stepMs = 2;
  const startMs = endMs - count * stepMs;
  const rootId = newId(8);
  const spans: Made[] = [];
  const path: { id: string; level: number }[] = [{ id: rootId, level: 0 }];
  for (let i = 1; i < count; i++) {
    // 1 page of 100 spans, 1 item of 10, and steps of one to four levels within.
    const level = i % 100 === 1 ? 1 : i % 10 === 1 ? 2 : 3 + (i % 4);
    while (path.at(-1)!.level >= level) path.pop();
    const id = newId(8);
    const lengthMs = level === 1 ? 100 * stepMs : level === 2 ? 10 * stepMs : (8 - level) * stepMs * 0.4;
    const at = startMs + i * stepMs;
    spans.push(makeSpan({ traceId, id, parentId: path.at(-1)!.id, i, level, at, lengthMs }));
    path.push({ id, level });
  }
  const root = { traceId, id: rootId, parentId: '', i: 0, level: 0, at: startMs, lengthMs: count * stepMs };
  return [makeSpan(root), ...spans];
};

interface Place {
  readonly traceId: string;
  readonly id: string;
  readonly parentId: string;
  readonly i: number;
  readonly level: number;
  readonly at: number;
  readonly lengthMs: number;
}

const makeSpan = ({ traceId, id, parentId, i, level, at, lengthMs }: Place): Made => {
  const service = level === 0 ? services[0]! : services[(i * 7 + level) % services.length]!;
  const failed = i % 997 === 996;
  const span = {
    traceId,
    spanId: id,
    parentSpanId: parentId,
    name:
      level === 0 ? 'import catalogue' : `${['page', 'item', 'read', 'change', 'store', 'index'][level - 1]} ${i % 53}`,
    kind: level % 2 === 0 ? 2 : 3,
    startTimeUnixNano: nanoOf(at),
    endTimeUnixNano: nanoOf(at + lengthMs),
    attributes: attributesOf({
      'http.request.method': 'PUT',
      'http.route': '/items/:id',
      'http.response.status_code': failed ? 500 : 200,
      'url.scheme': 'http',
      'url.path': `/items/${i * 13}`,
      'server.address': `${service}.shop.internal`,
      'server.port': 8080,
      'network.protocol.version': '1.1',
      'user_agent.original': 'undici',
      'db.system.name': 'postgresql',
      'db.query.text': `UPDATE items SET price = $1, changed_at = now() WHERE id = $2 /* ${level} */`,
      'import.page': Math.floor(i / 100),
      'import.item': i,
      'thread.id': i % 8,
    }),
    events:
      i % 20 === 0
        ? [
            {
              timeUnixNano: nanoOf(at + lengthMs / 2),
              name: 'cache.miss',
              attributes: attributesOf({ key: `item:${i}` }),
            },
          ]
        : [],
    status: failed ? { code: 2, message: 'deadlock detected' } : {},
  };
  return { service, span };
};
