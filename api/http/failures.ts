/** Every way a request fails, in the one shape of the contract; nothing of our inside leaves with it. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { StateUnavailableError } from '../../kernel/state/unavailable.ts';
import { QueryTooExpensiveError, TelemetryUnavailableError } from '../../kernel/telemetry/client.ts';
import { ApiError } from '../api-error.ts';
import { type ErrorCode, errorStatus, type Failure } from '../contract/values.ts';
import { QueryError } from '../query/query-error.ts';
import { LogUnavailableError } from '../read-log.ts';

type RequestError = Error & { readonly statusCode?: number };

export const sendFailure = (error: RequestError, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
  const { status, ...known } = explain(error);
  if (status >= 500) request.log.error({ error, route: request.routeOptions?.url }, 'A request to the API failed');
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  if (status === 429 || status === 503) reply.header('retry-after', '5');
  const failure: Failure = { success: false, error: describe(known, request.id) };
  return reply
    .code(status)
    .headers({ 'cache-control': 'no-store', 'x-request-id': request.id })
    .type('application/json')
    .send(JSON.stringify(failure));
};

/** What a WebSocket says of an error. */
export const errorOf = (error: Error, requestId: string): Failure['error'] => describe(explain(error), requestId);

export const registerFailures = (app: FastifyInstance): void => {
  app.setErrorHandler<RequestError>(async (error, request, reply) => sendFailure(error, request, reply));
};

export const notFound = (request: FastifyRequest): ApiError =>
  new ApiError('NOT_FOUND', `There is nothing at ${request.method} ${request.url.split('?', 1)[0]}.`);

interface Explained extends Pick<ApiError, 'code' | 'message' | 'position'> {
  readonly status: number;
}

const describe = (
  { code, message, position }: Pick<Explained, 'code' | 'message' | 'position'>,
  requestId: string,
): Failure['error'] => ({ code, message, request_id: requestId, ...(position && { position }) });

/** What a person may know about an error, and what they can do about it. */
const explain = (error: RequestError): Explained => {
  if (error instanceof ApiError) return explained(error.code, error.message, error.position);
  if (error instanceof QueryError) {
    return explained('INVALID_QUERY', error.message, { start: error.start, end: error.end });
  }
  if (error instanceof QueryTooExpensiveError) {
    return explained('QUERY_TOO_EXPENSIVE', `${error.message} Choose a shorter time range or add a filter.`);
  }
  if (error instanceof TelemetryUnavailableError) {
    return explained('UNAVAILABLE', 'The telemetry store does not answer at the moment. Try again in a few seconds.');
  }
  if (error instanceof StateUnavailableError) {
    return explained('UNAVAILABLE', 'The state store does not answer at the moment. Try again in a few seconds.');
  }
  if (error instanceof LogUnavailableError) {
    return explained('UNAVAILABLE', 'The log does not answer at the moment. Try again in a few seconds.');
  }
  // fastify's own refusals: body too large, malformed JSON, wrong content type, malformed URL.
  const status = error.statusCode;
  if (status !== undefined && status >= 400 && status < 500) {
    return { ...explained('INVALID_REQUEST', `${error.message.replace(/\.$/, '')}.`), status };
  }
  return explained('INTERNAL', 'Something went wrong on our side. The request id leads to it in the log of Syntra.');
};

const explained = (code: ErrorCode, message: string, position?: ApiError['position']): Explained => ({
  code,
  message,
  position,
  status: errorStatus[code],
});
