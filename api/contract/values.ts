/** What the answers are made of, and how they fail. */
import { z } from 'zod';

export const id = z.string().min(1).max(200);
export const count = z.number().int().nonnegative();
export const milliseconds = z.number();
export const unixNano = z.string().regex(/^\d{1,20}$/);

export const timeRange = {
  fromMs: z.coerce.number().int().nonnegative(),
  toMs: z.coerce.number().int().positive(),
};
export const searchText = z.string().max(4096).default('');
export const pageSize = z.coerce.number().int().min(1).max(1000);

export const signal = z.enum(['spans', 'logs', 'metrics']);
export const severity = z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']);
export const spanKind = z.enum(['unspecified', 'internal', 'server', 'client', 'producer', 'consumer']);
export const spanStatus = z.enum(['unset', 'ok', 'error']);

/** An OTLP AnyValue as plain JSON; integers beyond 2^53 are decimal strings, bytes are `{ "bytes": base64 }`. */
export type AttributeValue =
  | string
  | number
  | boolean
  | null
  | readonly AttributeValue[]
  | { readonly [key: string]: AttributeValue };
export const attributeValue: z.ZodType<AttributeValue> = z.lazy(() =>
  z.union([
    z.string(),
    z.number(),
    z.boolean(),
    z.null(),
    z.array(attributeValue),
    z.record(z.string(), attributeValue),
  ]),
);
export const attributes = z.record(z.string(), attributeValue);

export const resource = z.object({ attributes, schemaUrl: z.string() });
export const scope = z.object({ name: z.string(), version: z.string(), attributes, schemaUrl: z.string() });

/** What a query cost, shown beside its result. */
export const cost = z.object({ rowsRead: count, bytesRead: count, elapsedMs: milliseconds });

/** Where in a query text an error is: character offsets, `end` exclusive. */
export const errorPosition = z.object({ start: count, end: count });
export const failure = z.object({
  success: z.literal(false),
  error: z.object({
    code: z.string(),
    message: z.string(),
    request_id: z.string(),
    position: errorPosition.optional(),
  }),
});
export const errorStatus = {
  INVALID_REQUEST: 400,
  INVALID_QUERY: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  QUERY_TOO_EXPENSIVE: 422,
  TOO_MANY_REQUESTS: 429,
  INTERNAL: 500,
  UNAVAILABLE: 503,
} as const;
export type ErrorCode = keyof typeof errorStatus;

// ---- routes

export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Fastify's form: `:name` for a path parameter. */
  readonly path: string;
  readonly summary: string;
  /** False where it answers without a credential. */
  readonly authenticated: boolean;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodObject;
  /** What `data` of a success holds. */
  readonly answer: z.ZodType;
}

export const route = <const R extends Route>(r: R): R => r;
export const inProject = z.object({ projectId: id });
export const ofService = z.object({ serviceId: id });
export const page = { limit: pageSize.default(50), cursor: z.string().max(512).optional() };

export type Severity = z.infer<typeof severity>;
export type SpanKind = z.infer<typeof spanKind>;
export type SpanStatus = z.infer<typeof spanStatus>;
export type Signal = z.infer<typeof signal>;
export type Attributes = z.infer<typeof attributes>;
export type Resource = z.infer<typeof resource>;
export type Scope = z.infer<typeof scope>;
export type Cost = z.infer<typeof cost>;
export type Failure = z.infer<typeof failure>;
