/**
 * Log lines at a steady rate, as services under load write them. Each begins with its number, so that none is mistaken, and
 * has the time at which it was due: sorted by time they are sorted by number.
 */
import { attributesOf, nanoOf, resourceOf, sendJson } from './otlp-json.ts';

export interface LiveLines {
  /** Lines acknowledged so far. */
  readonly sent: number;
  /** When a line was due, in milliseconds since 1970. */
  dueMs(number: number): number;
  /** @throws Error what went wrong with a request */
  stop(): Promise<void>;
}

const everyMs = 100;
const services = ['storefront', 'checkout', 'payments', 'inventory'];

export const startLiveLines = (otlpHttpUrl: string, linesPerSecond: number): LiveLines => {
  const startedMs = Date.now();
  const dueMs = (number: number): number => startedMs + (number / linesPerSecond) * 1000;
  let [made, sent] = [0, 0];
  let last = Promise.resolve();
  let failure: unknown;
  const timer = setInterval(() => {
    // What a late timer missed is made up for: the rate holds.
    const due = Math.floor(((Date.now() - startedMs) / 1000) * linesPerSecond);
    const count = due - made;
    const body = linesFrom(made, count, dueMs);
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
    dueMs,
    async stop() {
      clearInterval(timer);
      await last;
      if (failure !== undefined) throw failure;
    },
  };
};

/** The services take turns. */
const linesFrom = (first: number, count: number, dueMs: (number: number) => number): object => ({
  resourceLogs: services.map((service, s) => ({
    resource: resourceOf(service),
    scopeLogs: [
      {
        scope: { name: 'pino', version: '9.0.0' },
        logRecords: Array.from({ length: count }, (_, i) => first + i)
          .filter((number) => number % services.length === s)
          .map((number) => lineOf(number, dueMs(number))),
      },
    ],
  })),
});

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
