/** Folds similar lines into patterns: what varies in a message becomes a gap, and lines with the same gaps are counted. */
import type { LogLine } from '../../../../api/contract/logs.ts';
import { viewOf } from './line-view.ts';

export interface Pattern {
  readonly key: string;
  /** Text and gaps in turn, beginning with text: joined by `gap` it is the pattern. */
  readonly pieces: readonly string[];
  readonly severity: LogLine['severity'];
  readonly services: readonly string[];
  readonly count: number;
  /** Lines per stretch of the time the lines cover. */
  readonly counts: readonly number[];
  /** The newest line of it. */
  readonly sample: LogLine;
}

export const gap = '…';

/** Most frequent first, failures before others of the same count. */
export const patternsOf = (lines: readonly LogLine[], stretches = 24): Pattern[] => {
  const first = lines[0];
  if (first === undefined) return [];
  let [from, to] = [viewOf(first).ms, viewOf(first).ms];
  for (const line of lines) {
    const { ms } = viewOf(line);
    from = Math.min(from, ms);
    to = Math.max(to, ms);
  }
  const widthMs = Math.max(1, (to - from) / stretches);
  const found = new Map<string, Pattern & { count: number; counts: number[]; services: string[] }>();
  for (const line of lines) {
    const template = templateOf(line);
    const key = `${line.severity} ${template.join(gap)}`;
    let pattern = found.get(key);
    if (pattern === undefined) {
      const counts = Array.from({ length: stretches }, () => 0);
      pattern = { key, pieces: template, severity: line.severity, services: [], count: 0, counts, sample: line };
      found.set(key, pattern);
    }
    pattern.count += 1;
    const stretch = Math.min(stretches - 1, Math.floor((viewOf(line).ms - from) / widthMs));
    pattern.counts[stretch] = (pattern.counts[stretch] ?? 0) + 1;
    if (!pattern.services.includes(line.service)) pattern.services.push(line.service);
  }
  return [...found.values()].sort((a, b) => b.count - a.count || weight(b.severity) - weight(a.severity));
};

/** The parts of a message that stay the same. Words stay words; what carries digits, quotes or an id's shape varies. */
export const templateOf = (line: LogLine): readonly string[] => {
  const known = templates.get(line);
  if (known !== undefined) return known;
  const pieces = viewOf(line).message.slice(0, longestMessage).split(varying);
  templates.set(line, pieces);
  return pieces;
};

// ---- helpers

const templates = new WeakMap<LogLine, readonly string[]>();
const longestMessage = 500;

/**
 * UUIDs, addresses, quoted texts, and any word with a digit in it. A status of three digits stays, for 503 and 429 are
 * different news, and so does the version of a path.
 */
const varying = new RegExp(
  [
    '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}',
    '\\b\\d{1,3}(?:\\.\\d{1,3}){3}(?::\\d+)?\\b',
    '"[^"]*"',
    "(?<![\\w])'[^']*'",
    '\\b(?![1-5]\\d\\d\\b|v\\d{1,2}\\b)[\\w-]*\\d[\\w-]*(?:\\.\\d[\\w-]*)*',
  ].join('|'),
);

const order: readonly LogLine['severity'][] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];
const weight = (severity: LogLine['severity']): number => order.indexOf(severity);
