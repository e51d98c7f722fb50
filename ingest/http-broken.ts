/** Answers what is not an HTTP request, or did not arrive in time: Node hands over the bare socket. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RefusalKind, RefusedError, refusalCodes, retryAfterSeconds } from './refusal.ts';
import { statusInJson } from './status.ts';

export const answerBrokenRequests = (server: Server): void => {
  /** Requests that have not been answered. */
  const open = new WeakMap<Duplex, ServerResponse>();
  const remember = (request: IncomingMessage, response: ServerResponse): void => {
    open.set(request.socket, response);
  };
  server.on('request', remember);
  server.on('checkContinue', remember);
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const isAnswered = open.get(socket)?.headersSent ?? false;
    if (error.code === 'ECONNRESET' || !socket.writable || isAnswered) {
      socket.destroy();
      return;
    }
    socket.end(rawAnswer(refusedFor(error)));
  });
};

const refusedFor = (error: NodeJS.ErrnoException): RefusedError => {
  // Not 408: clients drop their data after it, while a slow network passes.
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return refused('unavailable', 'The request took too long to arrive.');
  if (error.code === 'HPE_HEADER_OVERFLOW') return refused('too-large', 'The headers are too long.');
  return refused('malformed', `This is not an HTTP/1.1 request: ${error.message}.`);
};

const refused = (kind: RefusalKind, message: string): RefusedError => new RefusedError(kind, message);

const rawAnswer = (refused: RefusedError): Buffer => {
  const { http, retry } = refusalCodes[refused.kind];
  const retryAfter = retry ? retryAfterSeconds() : 0;
  const body = statusInJson(refused, retryAfter);
  const head = [
    `HTTP/1.1 ${http} ${reasonPhrases[http] ?? 'Bad Request'}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    ...(retry ? [`Retry-After: ${retryAfter}`] : []),
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]);
};

const reasonPhrases: Readonly<Record<number, string>> = { 413: 'Content Too Large', 503: 'Service Unavailable' };
