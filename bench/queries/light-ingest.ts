/** Sends 200 spans and 200 log lines a second, as some services would: questions are rarely asked of a store at rest. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { services } from './dataset.ts';

const perSecond = 200;

/** Until `stop` is called, which tells how many spans were taken. @throws Error from `stop` when a request was refused */
export const ingestLightly = (otlpHttpUrl: string): { stop(): Promise<number> } => {
  let stopped = false;
  let taken = 0;
  const send = async (): Promise<void> => {
    for (let second = 0; !stopped; second++) {
      const service = services[second % services.length]!;
      await Promise.all([post(otlpHttpUrl, 'traces', spansOf(service)), post(otlpHttpUrl, 'logs', linesOf(service))]);
      taken += perSecond;
      await sleep(1000);
    }
  };
  const sending = send();
  // Told when it is waited for.
  sending.catch(() => {});
  return {
    async stop() {
      stopped = true;
      await sending;
      return taken;
    },
  };
};

const post = async (url: string, signal: string, body: object): Promise<void> => {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/v1/${signal}`, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${signal}: ${response.status} ${await response.text()}`);
};

const spansOf = (service: string): object => ({
  resourceSpans: [
    { resource: resourceOf(service), scopeSpans: [{ spans: Array.from({ length: perSecond / 10 }, traceOf).flat() }] },
  ],
});

const traceOf = (): object[] => {
  const traceId = randomBytes(16).toString('hex');
  const ids = Array.from({ length: 10 }, () => randomBytes(8).toString('hex'));
  return ids.map((spanId, i) => ({
    traceId,
    spanId,
    ...(i > 0 && { parentSpanId: ids[0] }),
    name: `GET /live/${i}`,
    kind: i === 0 ? 2 : 1,
    startTimeUnixNano: `${Date.now() + i}000000`,
    endTimeUnixNano: `${Date.now() + 50}000000`,
    attributes: [text('http.request.method', 'GET'), text('http.route', `/live/${i}`), text('session.id', traceId)],
    status: {},
  }));
};

const linesOf = (service: string): object => ({
  resourceLogs: [
    {
      resource: resourceOf(service),
      scopeLogs: [
        {
          logRecords: Array.from({ length: perSecond }, (_, i) => ({
            timeUnixNano: `${Date.now()}000000`,
            severityNumber: 9,
            body: { stringValue: `request ${randomBytes(4).toString('hex')} completed in ${i} ms` },
            attributes: [text('order.id', String(i))],
          })),
        },
      ],
    },
  ],
});

const resourceOf = (service: string): object => ({
  attributes: [text('service.name', service), text('service.version', '2.0.0'), text('host.name', 'node-0')],
});
const text = (key: string, stringValue: string): object => ({ key, value: { stringValue } });
