/** The one error that handlers throw on purpose: everything else becomes INTERNAL, and its text stays with us. */
import type { z } from 'zod';
import type { ErrorCode, errorPosition } from './contract/values.ts';

export type ErrorPosition = z.infer<typeof errorPosition>;

export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ErrorCode;
  /** Where in the query text, for INVALID_QUERY. */
  readonly position: ErrorPosition | undefined;

  /** @param message one sentence for the person who asked: what is wrong, and what to do about it. */
  constructor(code: ErrorCode, message: string, position?: ErrorPosition) {
    super(message);
    this.code = code;
    this.position = position;
  }
}
