/** Sends one Export request, over HTTP or gRPC, and says what may be concluded from how that ended. */
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import type { Encoding, Signal } from './numbered-requests.ts';

export interface IngestAddress {
  /** e.g. http://127.0.0.1:4318 */
  readonly http: string;
  /** e.g. 127.0.0.1:4317 */
  readonly grpc: string;
}

export type Outcome =
  /** Everything in it was taken. */
  | { readonly kind: 'acknowledged' }
  /** Nothing of it was: it may be sent again as it is. */
  | { readonly kind: 'not sent'; readonly why: string }
  /** Told to come back; what came first may have been stored all the same, when the log's answer was lost. */
  | { readonly kind: 'retry'; readonly afterMs: number; readonly why: string }
  /** The connection was cut, or nobody answered. */
  | { readonly kind: 'no answer'; readonly why: string }
  /** A client of OpenTelemetry would throw its data away now. */
  | { readonly kind: 'dropped'; readonly why: string };

export interface Exporters {
  http(address: IngestAddress, signal: Signal, encoding: Encoding, body: Buffer): Promise<Outcome>;
  grpc(address: IngestAddress, signal: Signal, body: Buffer): Promise<Outcome>;
  close(): void;
}

/** @param timeoutMs after which an answer is not waited for any longer */
export const openExporters = (timeoutMs: number, key: string | undefined): Exporters => {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const clients = new Map<string, Client>();
  const metadata = new Metadata();
  if (key !== undefined) metadata.set('authorization', `Bearer ${key}`);

  const http = (address: IngestAddress, signal: Signal, encoding: Encoding, body: Buffer): Promise<Outcome> => {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const headers = {
      'content-type': encoding === 'json' ? 'application/json' : 'application/x-protobuf',
      'content-length': body.length,
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    };
    const sent = httpRequest(`${address.http}/v1/${signal}`, { method: 'POST', agent, headers });
    // The whole of it, not silence alone: a process that is stopped keeps its connections open.
    const timer = setTimeout(() => sent.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    sent.on('response', (response) => {
      buffer(response).then(
        (answer) => resolve(outcomeOf(response, answer)),
        (error: Error) => resolve({ kind: 'no answer', why: error.message }),
      );
    });
    sent.on('error', (error: NodeJS.ErrnoException) => resolve(failureOf(error)));
    sent.end(body);
    return promise.finally(() => clearTimeout(timer));
  };

  const grpc = (address: IngestAddress, signal: Signal, body: Buffer): Promise<Outcome> => {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const client = clients.get(address.grpc) ?? new Client(address.grpc, credentials.createInsecure(), impatient);
    clients.set(address.grpc, client);
    client.makeUnaryRequest(
      methods[signal],
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes,
      body,
      metadata,
      { deadline: Date.now() + timeoutMs },
      (error, answer) => resolve(error ? refusalOf(error) : acknowledgementOf(answer!.length === 0, 'gRPC')),
    );
    return promise;
  };

  return {
    http,
    grpc,
    close() {
      agent.destroy();
      for (const client of clients.values()) client.close();
    },
  };
};

const methods: Readonly<Record<Signal, string>> = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
};

/** A process comes back within seconds: so should the connection to it. */
const impatient = { 'grpc.initial_reconnect_backoff_ms': 50, 'grpc.max_reconnect_backoff_ms': 500 };

const outcomeOf = (response: IncomingMessage, answer: Buffer): Outcome => {
  const code = response.statusCode!;
  const isJson = response.headers['content-type'] === 'application/json';
  if (code === 200) return acknowledgementOf(answer.length === 0 || (isJson && answer.toString() === '{}'), 'HTTP');
  const why = `HTTP ${code}: ${answer.toString('utf8').slice(0, 300)}`;
  // https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes
  const comeBack = [429, 502, 503, 504].includes(code);
  if (!comeBack) return { kind: 'dropped', why };
  return { kind: 'retry', afterMs: Number(response.headers['retry-after'] ?? 1) * 1000, why };
};

/** With a partial success in it some records were rejected, and these are all good. */
const acknowledgementOf = (isFull: boolean, protocol: string): Outcome =>
  isFull ? { kind: 'acknowledged' } : { kind: 'dropped', why: `a partial success over ${protocol}` };

const failureOf = (error: NodeJS.ErrnoException): Outcome => {
  const why = error.message || String(error.code);
  return error.code === 'ECONNREFUSED' ? { kind: 'not sent', why } : { kind: 'no answer', why };
};

/** UNAVAILABLE is also what the library says of a connection that broke, so nothing may be concluded from it. */
const refusalOf = ({ code, details }: ServiceError): Outcome => {
  const why = `gRPC ${status[code]}: ${details}`;
  if (/ECONNREFUSED/.test(details)) return { kind: 'not sent', why };
  if (code === status.UNAVAILABLE) return { kind: 'retry', afterMs: 1000, why };
  const cut = [status.DEADLINE_EXCEEDED, status.CANCELLED] as readonly status[];
  // A stream that the server's end reset without a word arrives as INTERNAL.
  if (cut.includes(code) || /RST_STREAM/.test(details)) return { kind: 'no answer', why };
  return { kind: 'dropped', why };
};
