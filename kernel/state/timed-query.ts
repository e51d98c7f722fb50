/** A statement whose answer is waited for longer, or less long, than that of others. */
import type pg from 'pg';

/** The driver takes `query_timeout` with each query; its types do not say so. */
export const within = (timeoutMs: number, text: string): pg.QueryConfig =>
  Object.assign({ text }, { query_timeout: timeoutMs });
