/**
 * Sends spans as fast as they are acknowledged, in a process of its own: `node bench/load.ts <url> <seconds> <connections>`.
 * Requests are built once; before each sending, ids and times are overwritten in place, so that no span comes twice and
 * the generator costs little beside what it measures. Ends with one line of JSON: what was acknowledged.
 */
import { Agent, request } from 'node:http';
import { fixed64, lengthDelimited, WireReader } from '../kernel/otlp/wire.ts';
import { tracePayload } from './payloads.ts';

const distinctRequests = 100;
const spansPerRequest = 500;

/** Where a span's ids and times are in a request. */
interface SpanPlaces {
  readonly ids: readonly number[];
  readonly times: readonly number[];
}

export interface LoadResult {
  readonly acknowledgedSpans: number;
  readonly refusedRequests: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

const main = async (url: string, seconds: number, connections: number): Promise<void> => {
  const requests = Array.from({ length: distinctRequests }, (_, seed) => {
    const bytes = Buffer.from(tracePayload(seed, spansPerRequest).request);
    return { bytes, places: findPlaces(bytes) };
  });
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const startedMs = performance.now();
  const untilMs = startedMs + seconds * 1000;
  const cpuBefore = process.cpuUsage();
  let acknowledgedSpans = 0;
  let refusedRequests = 0;
  let sequence = 0;
  const sendAll = async (first: number): Promise<void> => {
    // Each connection has requests of its own: one that is under way is not overwritten.
    for (let i = first; performance.now() < untilMs; i += connections) {
      const { bytes, places } = requests[i % distinctRequests]!;
      renew(bytes, places, ++sequence);
      const status = await post(agent, url, bytes);
      if (status === 200) acknowledgedSpans += spansPerRequest;
      else refusedRequests++;
    }
  };
  await Promise.all(Array.from({ length: connections }, (_, i) => sendAll(i)));
  agent.destroy();
  const { user, system } = process.cpuUsage(cpuBefore);
  const result: LoadResult = {
    acknowledgedSpans,
    refusedRequests,
    seconds: (performance.now() - startedMs) / 1000,
    cpuSeconds: (user + system) / 1e6,
  };
  console.log(JSON.stringify(result));
};

/** Field numbers of opentelemetry/proto/trace/v1/trace.proto. */
const findPlaces = (bytes: Buffer): SpanPlaces => {
  const ids: number[] = [];
  const times: number[] = [];
  const reader = new WireReader(bytes);
  const within = (wanted: number, visit: () => void): void => {
    while (reader.position < reader.end) {
      const tag = reader.tag();
      if (tag === wanted) {
        const outer = reader.enter();
        visit();
        reader.leave(outer);
      } else reader.skip(tag);
    }
  };
  within(lengthDelimited(1), () =>
    within(lengthDelimited(2), () =>
      within(lengthDelimited(2), () => {
        while (reader.position < reader.end) {
          const tag = reader.tag();
          if (tag === lengthDelimited(1) || tag === lengthDelimited(2)) {
            const length = reader.length();
            ids.push(reader.position);
            reader.position += length;
          } else if (tag === fixed64(7) || tag === fixed64(8)) {
            times.push(reader.position);
            reader.position += 8;
          } else reader.skip(tag);
        }
      }),
    ),
  );
  return { ids, times };
};

/** The first four bytes of every id, and the times, so that spans begin now. Spans of one trace stay together. */
const renew = (bytes: Buffer, { ids, times }: SpanPlaces, sequence: number): void => {
  for (const at of ids) bytes.writeUInt32LE(sequence, at);
  const nowNs = BigInt(Date.now()) * 1_000_000n;
  for (const [i, at] of times.entries()) {
    // Start and end take turns; a span lasts from one to a hundred milliseconds.
    bytes.writeBigUInt64LE(i % 2 === 0 ? nowNs : nowNs + BigInt(1 + (i % 199)) * 500_000n, at);
  }
};

const post = (agent: Agent, url: string, body: Buffer): Promise<number> =>
  new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/x-protobuf', 'content-length': body.length };
    const sent = request(`${url}/v1/traces`, { method: 'POST', agent, headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    sent.on('error', reject).end(body);
  });

const [url, seconds, connections] = process.argv.slice(2);
if (url === undefined) throw new Error('usage: node bench/load.ts <url> <seconds> <connections>');
await main(url, Number(seconds ?? 10), Number(connections ?? 8));
