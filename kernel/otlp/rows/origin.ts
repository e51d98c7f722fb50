/** Where a request came from: the headers of its log record, and its place on the log. */
import type { LogRecord } from '../../log/log.ts';
import { otlpHeaders } from '../../topics.ts';

export interface Origin {
  readonly org: string;
  readonly project: string;
  readonly receivedAtMs: number;
  readonly retentionDays: number;
  readonly partition: number;
  readonly offset: number;
}

/** This record, alone, will never become rows. */
export class UnreadableRecordError extends Error {
  override readonly name = 'UnreadableRecordError';
}

/** @throws UnreadableRecordError */
export const readOrigin = ({ headers, offset }: LogRecord, partition: number): Origin => {
  const text = (name: string): string => {
    const value = headers[name];
    if (!value) throw new UnreadableRecordError(`header ${name} is missing`);
    return value;
  };
  const integer = (name: string, max: number): number => {
    const value = Number(text(name));
    if (!Number.isInteger(value) || value < 0 || value > max) {
      throw new UnreadableRecordError(`header ${name} is not an integer from 0 to ${max}`);
    }
    return value;
  };
  return {
    org: text(otlpHeaders.org),
    project: text(otlpHeaders.project),
    receivedAtMs: integer(otlpHeaders.receivedAt, latestMs),
    retentionDays: integer(otlpHeaders.retentionDays, maxRetentionDays),
    partition,
    offset,
  };
};

/** As configuration allows. ClickHouse's dates end in 2149: a row of a century's retention would count as expired. */
const maxRetentionDays = 3650;

/** The end of 2105: ClickHouse counts the seconds of a DateTime in 32 bits. */
const latestMs = Date.UTC(2106, 0, 1) - 1;
