/** One Export request over HTTP, from its headers to its answer. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { freeBytes } from '../kernel/free-bytes.ts';
import type { Signal } from '../kernel/otlp/messages.ts';
import type { Accept, Format } from './accept.ts';
import type { Authenticate } from './authenticate.ts';
import { type AnswerHeaders, corsHeaders } from './cors.ts';
import { readBody } from './http-body.ts';
import type { InFlight } from './in-flight.ts';
import { type Encoding, encodings, inflate } from './inflate.ts';
import { RefusedError, refusalCodes, retryAfterSeconds } from './refusal.ts';
import { responseInJson, responseInProtobuf, statusInJson, statusInProtobuf } from './status.ts';

export interface ExportOptions {
  readonly authenticate: Authenticate;
  readonly accept: Accept;
  readonly inFlight: InFlight;
  /** Of a body, as it comes and after decompression. */
  readonly maxRequestBytes: number;
}

export interface Answer {
  readonly code: number;
  readonly headers: AnswerHeaders;
  readonly body: Buffer;
}

/** @throws RefusedError, SenderGoneError */
export const takeExport = async (
  signal: Signal,
  request: IncomingMessage,
  response: ServerResponse,
  { authenticate, accept, inFlight, maxRequestBytes }: ExportOptions,
): Promise<Answer> => {
  const { headers } = request;
  if (request.method !== 'POST') throw new RefusedError('wrong-method', `${request.method} is not allowed: use POST.`);
  const format = formatOf(headers['content-type']);
  if (format === undefined) {
    throw new RefusedError('unsupported', 'The Content-Type must be application/x-protobuf or application/json.');
  }
  const encoding = encodingOf(headers['content-encoding']);
  const tenant = authenticate({ headers, peerAddress: request.socket.remoteAddress });
  const lease = inFlight.lease();
  try {
    if (headers.expect !== undefined) response.writeContinue();
    const body = await readBody(request, maxRequestBytes, lease);
    const inflated = await inflate(encoding, body, maxRequestBytes, lease);
    const accepted = await accept(tenant, signal, format, inflated, encoding === 'zstd' ? body : undefined);
    freeBytes(body);
    freeBytes(inflated);
    return {
      code: 200,
      headers: { ...corsHeaders(headers), 'content-type': contentTypes[format] },
      body: format === 'json' ? responseInJson(accepted, signal) : responseInProtobuf(accepted),
    };
  } finally {
    lease.release();
  }
};

export const refusalOf = (refused: RefusedError, { headers }: IncomingMessage): Answer => {
  const { http: code, retry } = refusalCodes[refused.kind];
  const retryAfter = retry ? retryAfterSeconds() : 0;
  // the request's own content type wherever it has one of ours
  const format = formatOf(headers['content-type']) ?? 'json';
  return {
    code,
    headers: {
      ...corsHeaders(headers),
      'content-type': contentTypes[format],
      ...(retry ? { 'retry-after': retryAfter } : {}),
      ...extraHeaders[code],
    },
    body: (format === 'json' ? statusInJson : statusInProtobuf)(refused, retryAfter),
  };
};

const contentTypes: Readonly<Record<Format, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
};

const extraHeaders: Readonly<Record<number, AnswerHeaders>> = {
  401: { 'www-authenticate': 'Bearer' },
  405: { allow: 'POST, OPTIONS' },
  // https://www.rfc-editor.org/rfc/rfc9110#section-15.5.16
  415: { 'accept-encoding': encodings.join(', ') },
};

const formatOf = (contentType: string | undefined): Format | undefined => {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase();
  if (type === contentTypes.protobuf) return 'protobuf';
  return type === contentTypes.json ? 'json' : undefined;
};

const encodingOf = (contentEncoding = 'identity'): Encoding => {
  const name = contentEncoding.trim().toLowerCase() || 'identity';
  const encoding = encodings.find((known) => known === name || `x-${known}` === name);
  if (encoding) return encoding;
  throw new RefusedError('unsupported', `The Content-Encoding ${name} is not known: use ${encodings.join(', ')}.`);
};
