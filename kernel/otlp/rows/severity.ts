/**
 * The severity of a log record, as the six ranges of OpenTelemetry's severity numbers
 * (https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber): from the number, else from the
 * text, else info.
 */

/** The lowest number of each range: the values of the column `severity`. */
export type Severity = (typeof severity)[keyof typeof severity];
export const severity = { trace: 1, debug: 5, info: 9, warn: 13, error: 17, fatal: 21 } as const;

/** 0 for a number without meaning. */
export const severityOfNumber = (number: number): Severity | 0 =>
  number >= 1 && number <= 24 ? ((number - ((number - 1) % 4)) as Severity) : 0;

/** Takes the first word of "WARN2", "[Error]", "critical:" and the like. */
export const severityOfText = (text: string): Severity => {
  const word = /[a-z]+/.exec(text.toLowerCase())?.[0] ?? '';
  return severityOfWord.get(word) ?? severity.info;
};

/**
 * Names that loggers give their levels: syslog, log4j, java.util.logging, .NET, Python, pino, zap, glog, PostgreSQL.
 * Where they disagree with the specification's appendix, which grades what is worse than an error, we take the worst.
 */
const severityOfWord = new Map<string, Severity>([
  ...words(severity.trace, 't', 'v', 'trace', 'verbose', 'finest', 'finer', 'silly'),
  ...words(severity.debug, 'd', 'debug', 'fine', 'config', 'dbg'),
  ...words(severity.info, 'i', 'info', 'information', 'informational', 'inf', 'notice', 'log', 'success'),
  ...words(severity.warn, 'w', 'warn', 'warning', 'wrn'),
  ...words(severity.error, 'e', 'err', 'error', 'eror', 'severe', 'failure', 'dpanic'),
  ...words(severity.fatal, 'f', 'fatal', 'ftl', 'c', 'crit', 'critical', 'panic', 'alert', 'emerg', 'emergency'),
]);

function words(value: Severity, ...names: string[]): [string, Severity][] {
  return names.map((name) => [name, value]);
}
