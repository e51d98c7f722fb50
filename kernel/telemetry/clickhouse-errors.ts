/** What ClickHouse's error codes (src/Common/ErrorCodes.cpp) mean to us, from whichever adapter they come. */
import { RejectedBatchError } from '../processor.ts';
import { QueryTooExpensiveError, TelemetryUnavailableError } from './client.ts';
import { TooManyWaitingError } from './places.ts';

/** Digits, where ClickHouse itself said it: Node's own errors have words for codes, and the platform's have numbers. */
export const codeOf = (error: unknown): string | undefined => {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^\d+$/.test(code) ? code : undefined;
};

/** Turns a limit into the error that says so, the store's own trouble into unavailability, and passes everything else on. */
export const asQueryError = (error: unknown): unknown => {
  if (error instanceof TooManyWaitingError) return new TelemetryUnavailableError(error.message);
  const code = codeOf(error) ?? '';
  if (busyCodes.has(code) || isTotalMemory(error)) {
    return new TelemetryUnavailableError('ClickHouse has too much to do.', { cause: error });
  }
  const limit = limitOfCode[code];
  return limit === undefined ? error : new QueryTooExpensiveError(limit, sentenceOf[limit]);
};

/** To be told apart by the runner: bytes that will never parse from everything that a later try may put right. */
export const asInsertError = (error: unknown): unknown =>
  rejectedCodes.has(codeOf(error) ?? '') ? new RejectedBatchError((error as Error).message) : error;

type Limit = QueryTooExpensiveError['limit'];

const limitOfCode: Readonly<Record<string, Limit>> = {
  '159': 'time',
  '160': 'time',
  '241': 'memory',
  '158': 'rows',
  '307': 'rows',
  '396': 'rows',
};

const sentenceOf: Readonly<Record<Limit, string>> = {
  time: 'The query took longer than it may.',
  memory: 'The query needs more memory than it may use.',
  rows: 'The query reads more rows than it may.',
};

/** 202 TOO_MANY_SIMULTANEOUS_QUERIES, 203 NO_FREE_CONNECTION, 210 NETWORK_ERROR, 242 TABLE_IS_READ_ONLY, 516 AUTHENTICATION_FAILED. */
const busyCodes = new Set(['202', '203', '210', '242', '516']);

/** Not this query's limit but that of the whole server. */
const isTotalMemory = (error: unknown): boolean =>
  codeOf(error) === '241' && (error as Error).message.startsWith('(total)');

/**
 * Bytes that will never parse: 6 CANNOT_PARSE_TEXT, 26/27 CANNOT_PARSE_*, 32 ATTEMPT_TO_READ_AFTER_EOF, 33
 * CANNOT_READ_ALL_DATA, 36 BAD_ARGUMENTS, 53 TYPE_MISMATCH, 69 ARGUMENT_OUT_OF_BOUND, 117 INCORRECT_DATA, 128
 * TOO_LARGE_ARRAY_SIZE, 131 TOO_LARGE_STRING_SIZE, 190 SIZES_OF_ARRAYS_DO_NOT_MATCH, 407 DECIMAL_OVERFLOW (a view's
 * arithmetic), 691 UNKNOWN_ELEMENT_OF_ENUM.
 */
const rejectedCodes = new Set([
  '6',
  '26',
  '27',
  '32',
  '33',
  '36',
  '53',
  '69',
  '117',
  '128',
  '131',
  '190',
  '407',
  '691',
]);
