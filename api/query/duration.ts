/** Durations as people write them: `250ms`, `1.5s`, `2m`. A bare number is milliseconds, as on every page. */

const nanosecondsPer: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
  '': 1e6,
};

/** Undefined when the text is not a duration. */
export const parseDurationNs = (text: string): number | undefined => {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(ns|us|µs|μs|ms|s|m|h|)$/.exec(text) ?? [];
  if (digits === undefined || unit === undefined) return undefined;
  return Math.round(Number(digits) * nanosecondsPer[unit]!);
};
