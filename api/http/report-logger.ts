/** What fastify and the routes log, told the way the rest of the program tells things. */
import type { FastifyBaseLogger } from 'fastify';
import type { Report, ReportLevel } from '../../kernel/own-telemetry/own-telemetry.ts';

/** @param bindings repeated with every message, such as the request's id. */
export const reportLogger = (report: Report, bindings: Readonly<Record<string, unknown>> = {}): FastifyBaseLogger => {
  const at =
    (level: ReportLevel) =>
    (details: unknown, message?: string): void => {
      if (typeof details === 'string') report(level, details, textsOf(bindings));
      else report(level, message ?? 'The API says', textsOf({ ...bindings, ...(details as object) }));
    };
  return {
    level: 'debug',
    fatal: at('error'),
    error: at('error'),
    warn: at('warn'),
    // What fastify finds worth an info, its address for one, the program says better itself.
    info: at('debug'),
    debug: at('debug'),
    trace: () => {},
    silent: () => {},
    child: (more: Record<string, unknown>) => reportLogger(report, { ...bindings, ...more }),
  } as FastifyBaseLogger;
};

/** Errors with their stack: this goes to the people who run Syntra, not to those who asked. */
const textsOf = (details: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(details)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, value instanceof Error ? (value.stack ?? value.message) : String(value)]),
  );
