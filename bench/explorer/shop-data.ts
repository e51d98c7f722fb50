/** An hour of a shop's telemetry, so that every page of the explorer has something to show. The same at every run but for ids. */
import { attributesOf, nanoOf, newId, resourceOf, sendJson } from './otlp-json.ts';

interface Call {
  readonly service: string;
  readonly name: string;
  readonly kind: number;
  /** Shares of the time of the caller. */
  readonly from: number;
  readonly to: number;
  readonly calls?: readonly Call[];
}

const server = 2;
const client = 3;

const database = (service: string, from: number, to: number): Call => ({
  service,
  name: 'SELECT shop.items',
  kind: client,
  from,
  to,
});
const remote = (caller: string, service: string, route: string, from: number, to: number, calls: Call[]): Call => ({
  service: caller,
  name: 'POST',
  kind: client,
  from,
  to,
  calls: [{ service, name: `POST ${route}`, kind: server, from: 0.05, to: 0.95, calls }],
});

const journeys: readonly Call[] = [
  {
    service: 'storefront',
    name: 'POST /checkout',
    kind: server,
    from: 0,
    to: 1,
    calls: [
      remote('storefront', 'accounts', '/sessions', 0.02, 0.15, [database('accounts', 0.2, 0.9)]),
      remote('storefront', 'checkout', '/orders', 0.18, 0.95, [
        database('checkout', 0.02, 0.1),
        remote('checkout', 'inventory', '/reservations', 0.12, 0.4, [database('inventory', 0.1, 0.8)]),
        remote('checkout', 'payments', '/charges', 0.42, 0.9, [database('payments', 0.05, 0.2)]),
        database('checkout', 0.92, 0.99),
      ]),
    ],
  },
  {
    service: 'storefront',
    name: 'GET /products/:id',
    kind: server,
    from: 0,
    to: 1,
    calls: [
      remote('storefront', 'search', '/lookup', 0.05, 0.7, [database('search', 0.1, 0.9)]),
      remote('storefront', 'inventory', '/stock', 0.72, 0.95, [database('inventory', 0.1, 0.9)]),
    ],
  },
  {
    service: 'shipping',
    name: 'process orders.paid',
    kind: 5,
    from: 0,
    to: 1,
    calls: [
      database('shipping', 0.05, 0.5),
      remote('shipping', 'mailer', '/mails', 0.55, 0.95, [database('mailer', 0.2, 0.6)]),
    ],
  },
];

/** @param traces how many, spread over the last hour; each has a few lines */
export const sendShopData = async (otlpHttpUrl: string, traces: number): Promise<void> => {
  const nowMs = Date.now();
  const batch = 250;
  for (let first = 0; first < traces; first += batch) {
    const spans = new Map<string, object[]>();
    const lines = new Map<string, object[]>();
    for (let i = first; i < Math.min(traces, first + batch); i++) {
      // The newest ended some seconds ago: no page still waits for the rest of them.
      const startMs = nowMs - 25_000 - ((i + 1) / traces) * 3_500_000;
      const journey = journeys[i % journeys.length]!;
      addCall(journey, newId(16), '', startMs, 40 + ((i * 7919) % 400), i, spans, lines);
    }
    await sendJson(otlpHttpUrl, 'traces', {
      resourceSpans: [...spans].map(([service, all]) => ({
        resource: resourceOf(service),
        scopeSpans: [{ scope: { name: '@opentelemetry/instrumentation-http', version: '0.210.0' }, spans: all }],
      })),
    });
    await sendJson(otlpHttpUrl, 'logs', {
      resourceLogs: [...lines].map(([service, all]) => ({
        resource: resourceOf(service),
        scopeLogs: [{ scope: { name: 'pino', version: '9.0.0' }, logRecords: all }],
      })),
    });
  }
  await sendMetrics(otlpHttpUrl, nowMs);
};

const addCall = (
  call: Call,
  traceId: string,
  parentSpanId: string,
  startMs: number,
  durationMs: number,
  seed: number,
  spans: Map<string, object[]>,
  lines: Map<string, object[]>,
): void => {
  const spanId = newId(8);
  const failed = call.service === 'payments' && seed % 31 === 0;
  listOf(spans, call.service).push({
    traceId,
    spanId,
    parentSpanId,
    name: call.name,
    kind: call.kind,
    startTimeUnixNano: nanoOf(startMs),
    endTimeUnixNano: nanoOf(startMs + durationMs),
    attributes: attributesOf({
      'http.request.method': 'POST',
      'http.response.status_code': failed ? 500 : 200,
      'server.address': `${call.service}.shop.internal`,
      'server.port': 8080,
      'url.path': `/v1/${call.service}/${seed % 200}`,
      'user.id': `user-${(seed * 31) % 400}`,
    }),
    status: failed ? { code: 2, message: 'card declined' } : {},
  });
  if (call.kind !== client) {
    listOf(lines, call.service).push({
      timeUnixNano: nanoOf(startMs + durationMs * 0.9),
      severityNumber: failed ? 17 : seed % 17 === 0 ? 13 : 9,
      severityText: failed ? 'error' : seed % 17 === 0 ? 'warn' : 'info',
      body: { stringValue: failed ? `charge ${seed} was declined` : `${call.name} answered for order ${seed}` },
      attributes: attributesOf({ 'order.id': `ord-${seed}`, duration_ms: Math.round(durationMs) }),
      traceId,
      spanId,
    });
  }
  for (const inner of call.calls ?? []) {
    const begin = startMs + inner.from * durationMs;
    addCall(inner, traceId, spanId, begin, (inner.to - inner.from) * durationMs, seed, spans, lines);
  }
};

const listOf = (lists: Map<string, object[]>, key: string): object[] => {
  const known = lists.get(key) ?? [];
  lists.set(key, known);
  return known;
};

/** A point a minute of a few metrics that every service has. */
const sendMetrics = async (otlpHttpUrl: string, nowMs: number): Promise<void> => {
  const minutes = Array.from({ length: 60 }, (_, i) => nowMs - (60 - i) * 60_000);
  const pointsOf = (value: (i: number) => number): object[] =>
    minutes.map((ms, i) => ({ timeUnixNano: nanoOf(ms), asDouble: value(i) }));
  const services = ['storefront', 'checkout', 'payments', 'inventory', 'shipping', 'accounts', 'search', 'mailer'];
  await sendJson(otlpHttpUrl, 'metrics', {
    resourceMetrics: services.map((service, s) => ({
      resource: resourceOf(service),
      scopeMetrics: [
        {
          scope: { name: '@opentelemetry/host-metrics' },
          metrics: [
            {
              name: 'process.cpu.utilization',
              unit: '1',
              gauge: { dataPoints: pointsOf((i) => 0.2 + 0.1 * Math.sin(i / 9 + s)) },
            },
            {
              name: 'process.memory.usage',
              unit: 'By',
              gauge: { dataPoints: pointsOf((i) => 2e8 + 1e6 * ((i + s) % 20)) },
            },
            {
              name: 'nodejs.eventloop.delay.p99',
              unit: 's',
              gauge: { dataPoints: pointsOf((i) => 0.01 + 0.002 * ((i * s) % 7)) },
            },
          ],
        },
      ],
    })),
  });
};
