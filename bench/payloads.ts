/**
 * Requests of the shape SDKs send: several services, resources of 12 attributes, 14 attributes a span of which 4 are not
 * strings, an event on every fourth span and a link on every tenth. No two records are alike.
 */
import { logsRequest, metricsRequest, traceRequest } from '../kernel/otlp/proof/reference.ts';

export interface Payload {
  readonly request: Uint8Array;
  /** Spans, log records or data points in it. */
  readonly records: number;
}

const services = ['storefront', 'checkout', 'payments', 'inventory', 'shipping', 'accounts', 'search', 'mailer'];
const routes = ['/cart', '/cart/:id', '/checkout', '/orders/:id', '/products', '/products/:id', '/login', '/health'];

export const tracePayload = (seed: number, spans: number): Payload => {
  const random = randomFrom(seed);
  const request = traceRequest.create({
    resourceSpans: resources(random, spans, (resource, count) => ({
      resource,
      scopeSpans: [
        { scope: scope('@opentelemetry/instrumentation-http', '0.210.0'), spans: times(count, () => span(random)) },
      ],
    })),
  });
  return { request: traceRequest.encode(request).finish(), records: spans };
};

export const logsPayload = (seed: number, logRecords: number): Payload => {
  const random = randomFrom(seed);
  const request = logsRequest.create({
    resourceLogs: resources(random, logRecords, (resource, count) => ({
      resource,
      scopeLogs: [
        { scope: scope('@opentelemetry/instrumentation-pino', '0.58.0'), logRecords: times(count, () => line(random)) },
      ],
    })),
  });
  return { request: logsRequest.encode(request).finish(), records: logRecords };
};

/** Number points alone: 40 metrics a request, of as many series as it takes. */
export const metricsPayload = (seed: number, points: number): Payload => {
  const random = randomFrom(seed);
  const request = metricsRequest.create({
    resourceMetrics: resources(random, points, (resource, count) => ({
      resource,
      scopeMetrics: [{ scope: scope('@opentelemetry/host-metrics', '0.38.0'), metrics: metrics(random, count) }],
    })),
  });
  return { request: metricsRequest.encode(request).finish(), records: points };
};

/** Divides the records among 4 resources. */
const resources = <Part>(random: Random, records: number, part: (resource: object, count: number) => Part): Part[] => {
  const count = Math.ceil(records / 4);
  return times(4, (i) => part(resource(random), Math.min(count, records - i * count)));
};

const resource = (random: Random) => {
  const service = pick(random, services);
  return {
    attributes: [
      text('service.name', service),
      text('service.version', `2.${Math.floor(random() * 20)}.0`),
      text('service.instance.id', hex(random, 16)),
      text('deployment.environment.name', 'production'),
      text('host.name', `node-${Math.floor(random() * 40)}.eu-central-1.internal`),
      text('host.arch', 'amd64'),
      text('os.type', 'linux'),
      int('process.pid', Math.floor(random() * 65_536)),
      text('process.runtime.name', 'nodejs'),
      text('process.runtime.version', '24.21.0'),
      text('telemetry.sdk.language', 'nodejs'),
      text('telemetry.sdk.version', '2.7.0'),
    ],
  };
};

const scope = (name: string, version: string) => ({ name, version });

const span = (random: Random) => {
  const route = pick(random, routes);
  const start = startNano + BigInt(Math.floor(random() * 1e9));
  const failed = random() < 0.03;
  const end = start + BigInt(Math.floor(random() * 2e8));
  return {
    traceId: bytes(random, 16),
    spanId: bytes(random, 8),
    parentSpanId: random() < 0.2 ? Buffer.alloc(0) : bytes(random, 8),
    name: `GET ${route}`,
    kind: 1 + Math.floor(random() * 3),
    startTimeUnixNano: long(start),
    endTimeUnixNano: long(end),
    flags: 0x101,
    attributes: [
      text('http.request.method', 'GET'),
      text('url.scheme', 'https'),
      text('url.path', route.replace(':id', String(Math.floor(random() * 1e6)))),
      text('url.query', `page=${Math.floor(random() * 100)}`),
      text('http.route', route),
      int('http.response.status_code', failed ? 500 : 200),
      text('server.address', 'shop.example.com'),
      int('server.port', 443),
      text('client.address', `10.0.${Math.floor(random() * 255)}.${Math.floor(random() * 255)}`),
      int('client.port', Math.floor(random() * 65_536)),
      text(
        'user_agent.original',
        'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0',
      ),
      text('network.protocol.version', '1.1'),
      text('user.id', hex(random, 8)),
      { key: 'http.server.queue_seconds', value: { doubleValue: Math.round(random() * 1e6) / 1e6 } },
    ],
    events:
      random() < 0.25
        ? [
            {
              timeUnixNano: long(end),
              name: failed ? 'exception' : 'cache.miss',
              attributes: [text('exception.type', 'TypeError'), text('exception.message', `no item ${hex(random, 4)}`)],
            },
          ]
        : [],
    links: random() < 0.1 ? [{ traceId: bytes(random, 16), spanId: bytes(random, 8), flags: 1 }] : [],
    status: failed ? { code: 2, message: 'Internal Server Error' } : {},
  };
};

const line = (random: Random) => {
  const time = startNano + BigInt(Math.floor(random() * 1e9));
  const severity = pick(random, [5, 9, 9, 9, 9, 13, 17]);
  return {
    timeUnixNano: long(time),
    observedTimeUnixNano: long(time + 1_000_000n),
    severityNumber: severity,
    severityText: { 5: 'debug', 9: 'info', 13: 'warn', 17: 'error' }[severity],
    body: {
      stringValue: `order ${hex(random, 6)} moved to ${pick(random, ['paid', 'packed', 'shipped'])} in ${Math.floor(random() * 900)} ms`,
    },
    traceId: bytes(random, 16),
    spanId: bytes(random, 8),
    flags: 1,
    attributes: [
      text('order.id', hex(random, 6)),
      text('customer.tier', pick(random, ['free', 'plus', 'business'])),
      int('order.items', Math.floor(random() * 12)),
      int('duration_ms', Math.floor(random() * 900)),
      text('code.function.name', 'moveOrder'),
      text('code.file.path', '/app/src/orders/move.js'),
    ],
  };
};

const metrics = (random: Random, points: number) => {
  const time = startNano + BigInt(Math.floor(random() * 1e9));
  return times(10, (m) => ({
    name: `shop.orders.stage_${m}.count`,
    description: 'Orders that reached this stage',
    unit: '{order}',
    sum: {
      aggregationTemporality: 2,
      isMonotonic: true,
      dataPoints: times(Math.floor((points * (m + 1)) / 10) - Math.floor((points * m) / 10), () => ({
        attributes: [
          text('http.route', pick(random, routes)),
          text('http.request.method', 'GET'),
          int('http.response.status_code', pick(random, [200, 201, 404, 500])),
          text('region', pick(random, ['eu-central-1', 'us-east-1', 'ap-south-1'])),
        ],
        startTimeUnixNano: long(startNano),
        timeUnixNano: long(time),
        ...(m % 2 === 0 ? { asInt: long(BigInt(Math.floor(random() * 1e9))) } : { asDouble: random() * 1e6 }),
      })),
    },
  }));
};

type Random = () => number;

/** Mulberry32: the same numbers for the same seed, everywhere. */
const randomFrom = (seed: number): Random => {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

const startNano = 1_700_000_000_000_000_000n;
const times = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
const bytes = (random: Random, length: number) => Buffer.from(times(length, () => Math.floor(random() * 256)));
const hex = (random: Random, length: number) => bytes(random, length).toString('hex');
const text = (key: string, value: string) => ({ key, value: { stringValue: value } });
const int = (key: string, value: number) => ({ key, value: { intValue: value } });
/** protobufjs takes a 64-bit integer as its two halves. */
const long = (value: bigint) => ({
  low: Number(BigInt.asIntN(32, value)),
  high: Number(BigInt.asIntN(32, value >> 32n)),
  unsigned: true,
});
