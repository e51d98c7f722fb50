/** OTLP over HTTP/1.1: https://opentelemetry.io/docs/specs/otlp/#otlphttp. Why on `node:http`: docs/decisions/0007. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Signal } from '../kernel/otlp/messages.ts';
import { preflightHeaders } from './cors.ts';
import type { IngestCounting } from './counters.ts';
import { discardRest, SenderGoneError } from './http-body.ts';
import { answerBrokenRequests } from './http-broken.ts';
import { type Answer, type ExportOptions, refusalOf, takeExport } from './http-export.ts';
import { RefusedError, refusedBy } from './refusal.ts';

/** Imported, it would have all its exports read, and with them the 760 KB of Node's WebSocket and fetch: 5 MB. */
const { createServer } = process.getBuiltinModule('node:http');

export interface HttpOptions extends ExportOptions {
  /** Why nothing should be sent here now; rejects when the log does not answer. */
  readonly notReady: () => Promise<string | undefined>;
  /** True once the server is to end: connections are then given up one by one, each after an answer. */
  readonly isDraining: () => boolean;
  readonly counting: Pick<IngestCounting, 'countFailed'>;
  /** How long a request may take to arrive. */
  readonly requestTimeoutMs: number;
  /** Told of every refusal. */
  readonly onRefused: (refused: RefusedError) => void;
}

const signals: ReadonlyMap<string, Signal> = new Map([
  ['/v1/traces', 'traces'],
  ['/v1/logs', 'logs'],
  ['/v1/metrics', 'metrics'],
]);

export const createHttpServer = (options: HttpOptions): Server => {
  const { requestTimeoutMs } = options;
  const server = createServer({
    requestTimeout: requestTimeoutMs,
    headersTimeout: Math.min(10_000, requestTimeoutMs),
    connectionsCheckingInterval: Math.min(5_000, requestTimeoutMs),
    // longer than the minute after which exporters and load balancers let go, so that we are not the first to close
    keepAliveTimeout: 75_000,
    maxHeaderSize: 16 * 1024,
    // a sender that vanished without a word is found out by TCP
    keepAlive: true,
    keepAliveInitialDelay: 60_000,
    noDelay: true,
  });
  server.maxConnections = maxConnections;
  answerBrokenRequests(server);
  const respond = (request: IncomingMessage, response: ServerResponse): void => {
    answer(request, response, options).catch((error: unknown) => {
      options.onRefused(refusedBy(error));
      response.destroy();
    });
  };
  server.on('request', respond);
  server.on('checkContinue', (request, response) => {
    // Who is refused sends no body, so what comes next could not be told from one: better a new connection.
    response.on('finish', () => request.complete || request.destroy());
    respond(request, response);
  });
  return server;
};

/** Every connection is an open file, and those are limited. */
const maxConnections = 10_000;

const answer = async (request: IncomingMessage, response: ServerResponse, options: HttpOptions): Promise<void> => {
  const { maxRequestBytes, counting, onRefused, isDraining } = options;
  let reply: Answer;
  try {
    reply = await answerOf(request, response, options);
  } catch (error) {
    if (error instanceof SenderGoneError) {
      counting.countFailed('http', 'sender-gone');
      return;
    }
    const refused = refusedBy(error);
    counting.countFailed('http', refused.kind);
    onRefused(refused);
    if (!request.complete) discardRest(request, maxDiscard * maxRequestBytes);
    reply = refusalOf(refused, request);
  }
  if (isDraining()) response.setHeader('connection', 'close');
  if (reply.code !== 204) response.setHeader('content-length', reply.body.length);
  response.writeHead(reply.code, reply.headers);
  response.end(reply.body);
};

/** Of a refused body, this many times the limit is read and forgotten, so that the sender gets to read the answer. */
const maxDiscard = 4;

/** @throws RefusedError, SenderGoneError */
const answerOf = async (request: IncomingMessage, response: ServerResponse, options: HttpOptions): Promise<Answer> => {
  const path = request.url!.split('?', 1)[0]!;
  const signal = signals.get(path);
  if (signal !== undefined) {
    return request.method === 'OPTIONS'
      ? { code: 204, headers: preflightHeaders(request.headers), body: nothing }
      : takeExport(signal, request, response, options);
  }
  if (path === '/readyz') await ready(options.notReady);
  else if (path !== '/healthz') throw new RefusedError('not-found', `There is no ${path} here.`);
  return { code: 200, headers: {}, body: nothing };
};

const nothing = Buffer.alloc(0);

const ready = async (notReady: HttpOptions['notReady']): Promise<void> => {
  let why: string | undefined;
  try {
    why = await notReady();
  } catch (cause) {
    throw new RefusedError('unavailable', 'The log does not answer.', { cause });
  }
  if (why !== undefined) throw new RefusedError('unavailable', why);
};
