/** Every way a request fails, in the one shape of the contract; nothing of our inside leaves with it. */
import type { FastifyInstance } from 'fastify';
import { QueryTooExpensiveError, TelemetryUnavailableError } from '../kernel/telemetry/client.ts';
import { ApiError } from './api-error.ts';
import { type ErrorCode, errorStatus, type Failure } from './contract/values.ts';
import { QueryError } from './query/query-error.ts';

export const registerFailures = (app: FastifyInstance): void => {
  app.setErrorHandler(async (error: Error & { statusCode?: number }, request, reply) => {
    const known = explain(error);
    const status = known instanceof ApiError ? errorStatus[known.code] : known.status;
    if (status >= 500) request.log.error({ err: error, route: request.routeOptions.url }, 'request failed');
    if (status === 429 || status === 503) reply.header('retry-after', '5');
    return reply.code(status).send(failure(request.id, known));
  });
  app.setNotFoundHandler(async (request, reply) =>
    reply
      .code(404)
      .send(
        failure(request.id, new ApiError('NOT_FOUND', `There is nothing at ${request.method} ${pathOf(request.url)}.`)),
      ),
  );
};

/** @param reason an ApiError, or what stands in for one where the HTTP status says more than its code. */
export const failure = (
  requestId: string,
  reason: { readonly code: ErrorCode; readonly message: string; readonly position?: ApiError['position'] },
): Failure => ({
  success: false,
  error: {
    code: reason.code,
    message: reason.message,
    request_id: requestId,
    ...(reason.position && { position: reason.position }),
  },
});

type Explained = ApiError | { readonly code: ErrorCode; readonly message: string; readonly status: number };

const explain = (error: Error & { statusCode?: number }): Explained => {
  if (error instanceof ApiError) return error;
  if (error instanceof QueryError) {
    return new ApiError('INVALID_QUERY', error.message, { start: error.start, end: error.end });
  }
  if (error instanceof QueryTooExpensiveError) {
    return new ApiError('QUERY_TOO_EXPENSIVE', `${error.message} Choose a shorter time range or add a filter.`);
  }
  if (error instanceof TelemetryUnavailableError) {
    return new ApiError(
      'UNAVAILABLE',
      'The telemetry store does not answer at the moment. Try again in a few seconds.',
    );
  }
  // fastify's own refusals: body too large, malformed JSON, wrong content type, malformed URL.
  const status = error.statusCode;
  if (status !== undefined && status >= 400 && status < 500) {
    return { code: 'INVALID_REQUEST', message: `${error.message.replace(/\.$/, '')}.`, status };
  }
  return new ApiError('INTERNAL', 'Something went wrong on our side. The request id leads to it in the log of Syntra.');
};

const pathOf = (url: string): string => url.split('?', 1)[0]!;
