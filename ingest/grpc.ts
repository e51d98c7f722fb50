/**
 * OTLP over gRPC: https://opentelemetry.io/docs/specs/otlp/#otlpgrpc. Three unary calls, directly on HTTP/2; what a gRPC
 * library would leave us without: docs/decisions/0007.
 */
import {
  constants,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { freeBytes } from '../kernel/free-bytes.ts';
import type { Signal } from '../kernel/otlp/messages.ts';
import type { Accept } from './accept.ts';
import type { Authenticate } from './authenticate.ts';
import type { IngestCounting } from './counters.ts';
import { CallGoneError, framed, readMessage } from './grpc-message.ts';
import type { InFlight } from './in-flight.ts';
import { type Encoding, encodings, inflate } from './inflate.ts';
import { RefusedError, refusalCodes, refusedBy, retryAfterSeconds } from './refusal.ts';
import { responseInProtobuf, statusInProtobuf } from './status.ts';

export interface GrpcOptions {
  readonly authenticate: Authenticate;
  readonly accept: Accept;
  readonly inFlight: InFlight;
  readonly counting: Pick<IngestCounting, 'countFailed'>;
  /** Of a message, as it comes and after decompression. */
  readonly maxRequestBytes: number;
  /** How long a request may take to arrive. */
  readonly requestTimeoutMs: number;
  /** Told of every refusal. */
  readonly onRefused: (refused: RefusedError) => void;
}

const signals: ReadonlyMap<string, Signal> = new Map([
  ['/opentelemetry.proto.collector.trace.v1.TraceService/Export', 'traces'],
  ['/opentelemetry.proto.collector.logs.v1.LogsService/Export', 'logs'],
  ['/opentelemetry.proto.collector.metrics.v1.MetricsService/Export', 'metrics'],
]);

export const createGrpcServer = (options: GrpcOptions): Http2Server => {
  const server = createServer({
    settings: {
      enablePush: false,
      initialWindowSize: 2 ** 20,
      maxConcurrentStreams: 200,
      maxHeaderListSize: 16 * 1024,
    },
    // megabytes; Node's 10 end calls of a few large requests at a time
    maxSessionMemory: 64,
  });
  server.maxConnections = maxConnections;
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    answer(stream, headers, options).catch((error: unknown) => {
      options.onRefused(refusedBy(error));
      stream.destroy();
    });
  });
  return server;
};

/** Every connection is an open file, and those are limited. */
const maxConnections = 10_000;

const answer = async (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, options: GrpcOptions): Promise<void> => {
  try {
    if (!/^application\/grpc(?:[+;]|$)/.test(headers['content-type'] ?? '')) {
      stream.respond({ ':status': 415 }, { endStream: true });
      stream.close();
      return;
    }
    const response = await takeExport(stream, headers, options);
    if (stream.closed || stream.destroyed) return;
    stream.respond({ ...responseHeaders, ':status': 200 }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(framed(response));
  } catch (error) {
    if (error instanceof CallGoneError) {
      options.counting.countFailed('grpc', 'sender-gone');
      return;
    }
    const refused = refusedBy(error);
    options.counting.countFailed('grpc', refused.kind);
    options.onRefused(refused);
    answerRefusal(stream, refused);
  }
};

/** @throws RefusedError, CallGoneError */
const takeExport = async (
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  { authenticate, accept, inFlight, maxRequestBytes, requestTimeoutMs }: GrpcOptions,
): Promise<Buffer> => {
  const path = headers[':path'] ?? '';
  const signal = signals.get(path);
  if (signal === undefined) throw new RefusedError('not-found', `There is no method ${path} here.`);
  const encoding = encodingOf(headers['grpc-encoding']);
  const tenant = authenticate({ headers, peerAddress: stream.session?.socket.remoteAddress });
  const lease = inFlight.lease();
  try {
    const { isCompressed, bytes } = await readMessage(stream, maxRequestBytes, requestTimeoutMs, lease);
    if (isCompressed && encoding === 'identity') {
      throw new RefusedError('malformed', 'The message is compressed, but grpc-encoding does not say how.');
    }
    const inflated = await inflate(isCompressed ? encoding : 'identity', bytes, maxRequestBytes, lease);
    const zstd = isCompressed && encoding === 'zstd' ? bytes : undefined;
    const accepted = await accept(tenant, signal, 'protobuf', inflated, zstd);
    freeBytes(bytes);
    freeBytes(inflated);
    return responseInProtobuf(accepted);
  } finally {
    lease.release();
  }
};

const responseHeaders = { 'content-type': 'application/grpc', 'grpc-accept-encoding': encodings.join(',') };

/** A response of trailers alone. */
const answerRefusal = (stream: ServerHttp2Stream, refused: RefusedError): void => {
  if (stream.closed || stream.destroyed) return;
  const { grpc, retry } = refusalCodes[refused.kind];
  const brief = new RefusedError(refused.kind, refused.message.slice(0, maxMessageLength), {
    field: refused.field.slice(0, maxMessageLength),
  });
  const retryAfter = retry ? retryAfterSeconds() : 0;
  const hasDetails = retry || refused.kind === 'malformed';
  stream.respond(
    {
      ...responseHeaders,
      ':status': 200,
      'grpc-status': String(grpc),
      'grpc-message': percentEncoded(brief.message),
      ...(hasDetails ? { 'grpc-status-details-bin': base64Of(statusInProtobuf(brief, retryAfter)) } : {}),
    },
    { endStream: true },
  );
  // https://www.rfc-editor.org/rfc/rfc9113#section-8.1: asks for the rest of the request not to be sent
  stream.close(constants.NGHTTP2_NO_ERROR);
};

/** All of it, several times over, has to fit in the 8 KiB of headers that clients read. */
const maxMessageLength = 800;

/** What else is not ASCII comes from the request, and is better seen in HTTP's answer than not at all in ours. */
const percentEncoded = (message: string): string => message.replace(/[^ -~]/g, '?').replaceAll('%', '%25');

/** gRPC's base64 has no padding. */
const base64Of = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');

const encodingOf = (grpcEncoding: string | string[] | undefined): Encoding => {
  const name = grpcEncoding === undefined ? 'identity' : String(grpcEncoding);
  const encoding = encodings.find((known) => known === name);
  if (encoding) return encoding;
  throw new RefusedError('unsupported', `The grpc-encoding ${name} is not known: use ${encodings.join(', ')}.`);
};
