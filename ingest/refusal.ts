/**
 * Why a request is not taken, and what that means to its sender. The codes decide whether data is kept or dropped:
 * OTLP clients send again after HTTP 429, 502, 503 and 504 and after gRPC UNAVAILABLE, and drop their data after nearly
 * everything else, a 500 among it (https://opentelemetry.io/docs/specs/otlp/#failures; docs/decisions/0009).
 */

export type RefusalKind =
  | 'malformed'
  | 'unauthenticated'
  | 'not-found'
  | 'wrong-method'
  | 'too-large'
  | 'unsupported'
  | 'unavailable'
  | 'internal';

interface RefusalCodes {
  readonly http: number;
  /** https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto */
  readonly grpc: number;
  /** The same data may be taken later: the answer carries Retry-After or RetryInfo. */
  readonly retry: boolean;
}

export const refusalCodes: Readonly<Record<RefusalKind, RefusalCodes>> = {
  malformed: { http: 400, grpc: 3, retry: false },
  unauthenticated: { http: 401, grpc: 16, retry: false },
  'not-found': { http: 404, grpc: 12, retry: false },
  'wrong-method': { http: 405, grpc: 12, retry: false },
  // RESOURCE_EXHAUSTED without RetryInfo: it will be as large the next time
  'too-large': { http: 413, grpc: 8, retry: false },
  unsupported: { http: 415, grpc: 12, retry: false },
  // also for what HTTP would call 429 and 408: clients in the field drop their data after those
  unavailable: { http: 503, grpc: 14, retry: true },
  // our own fault, which the same data would only meet again
  internal: { http: 500, grpc: 13, retry: false },
};

/** Ends a request. The message goes to the sender. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly kind: RefusalKind;
  /** Where in the request, when it is malformed. */
  readonly field: string;

  /** `cause` is for us alone. */
  constructor(kind: RefusalKind, message: string, { field = '', cause }: { field?: string; cause?: unknown } = {}) {
    super(message, { cause });
    this.kind = kind;
    this.field = field;
  }
}

/** What becomes of an error nobody expected: the sender learns no details. */
export const refusedBy = (error: unknown): RefusedError =>
  error instanceof RefusedError
    ? error
    : new RefusedError('internal', 'The request met a fault of the server.', { cause: error });

/** When to come back, in seconds: spread, so that not all come at once. */
export const retryAfterSeconds = (): number => 1 + Math.floor(Math.random() * maxRetryAfterSeconds);

const maxRetryAfterSeconds = 5;
