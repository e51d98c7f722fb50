/** Log lines at a steady rate, as services under load write them. Each begins with its number, so that none is mistaken. */
import { attributesOf, nanoOf, resourceOf, sendJson } from './otlp-json.ts';

export interface LiveLines {
  /** Lines acknowledged so far. */
  readonly sent: number;
  /** @throws Error what went wrong with a request */
  stop(): Promise<void>;
}

const everyMs = 100;
const services = ['storefront', 'checkout', 'payments', 'inventory'];

export const startLiveLines = (otlpHttpUrl: string, linesPerSecond: number): LiveLines => {
  const startedMs = performance.now();
  let [made, sent] = [0, 0];
  let last = Promise.resolve();
  let failure: unknown;
  const timer = setInterval(() => {
    // What a late timer missed is made up for: the rate holds.
    const due = Math.floor(((performance.now() - startedMs) / 1000) * linesPerSecond);
    const count = due - made;
    const body = linesFrom(made, count);
    made = due;
    last = sendJson(otlpHttpUrl, 'logs', body).then(
      () => {
        sent += count;
      },
      (error: unknown) => {
        failure = error;
      },
    );
  }, everyMs);
  return {
    get sent() {
      return sent;
    },
    async stop() {
      clearInterval(timer);
      await last;
      if (failure !== undefined) throw failure;
    },
  };
};

const linesFrom = (first: number, count: number): object => {
  const nowMs = Date.now();
  const perService = Math.ceil(count / services.length);
  return {
    resourceLogs: services.map((service, s) => ({
      resource: resourceOf(service),
      scopeLogs: [
        {
          scope: { name: 'pino', version: '9.0.0' },
          logRecords: Array.from({ length: Math.max(0, Math.min(perService, count - s * perService)) }, (_, i) =>
            lineOf(first + s * perService + i, nowMs + (i / perService) * everyMs),
          ),
        },
      ],
    })),
  };
};

const lineOf = (number: number, ms: number): object => ({
  timeUnixNano: nanoOf(ms),
  severityNumber: number % 50 === 0 ? 17 : number % 11 === 0 ? 13 : 9,
  severityText: number % 50 === 0 ? 'error' : number % 11 === 0 ? 'warn' : 'info',
  body: { stringValue: `${number} order ord-${number % 5000} moved to ${number % 3 === 0 ? 'packed' : 'paid'}` },
  attributes: attributesOf({
    'order.id': `ord-${number % 5000}`,
    'customer.tier': ['free', 'plus', 'business'][number % 3]!,
    'order.items': number % 12,
    duration_ms: (number * 7) % 900,
    'code.function.name': 'moveOrder',
  }),
});
