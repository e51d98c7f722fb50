/**
 * Requests to a ClickHouse server, each with a deadline, each answered whole or not at all. The server may find out that
 * it cannot finish after it has said 200 and sent half of the answer: it then writes the exception into the body.
 */
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { ClickHouseLogLevel, createClient, parseError } from '@clickhouse/client';
import type { ClickHouseConfig } from '../config-stores.ts';
import { reasonOf } from '../reason-of.ts';
import { reached } from '../steps.ts';
import { codeOf } from './clickhouse-errors.ts';
import { TelemetryUnavailableError } from './client.ts';

export interface ServerRequests {
  /** One SELECT without FORMAT, its whole answer as ClickHouse's JSON format has it. */
  select<Row>(sql: string, params: Readonly<Record<string, unknown>>, timeoutMs: number): Promise<JsonAnswer<Row>>;
  /** A statement that answers nothing. */
  execute(sql: string, timeoutMs: number): Promise<void>;
  /** `INSERT … FORMAT …`, its data as the body. Two with one `queryId` never run at once. */
  insert(insert: ServerInsert, timeoutMs: number): Promise<void>;
  close(): Promise<void>;
}

export interface JsonAnswer<Row> {
  readonly data: Row[];
  readonly statistics: { readonly elapsed: number; readonly rows_read: number; readonly bytes_read: number };
}

export interface ServerInsert {
  readonly sql: string;
  readonly data: readonly Uint8Array[];
  readonly queryId: string;
  readonly settings: Readonly<Record<string, string | number>>;
}

/**
 * All of them reject with what ClickHouse said, its number as `code`, and with a TelemetryUnavailableError when the
 * answer did not come, or not whole: what was asked for may then be done or not. No message holds a password.
 * @param database undefined: the user's own default.
 */
export const openServerRequests = (
  config: ClickHouseConfig,
  database: string | undefined,
  maxConnections: number,
): ServerRequests => {
  const client = createClient({
    url: config.url,
    username: config.username,
    password: config.password,
    ...(database === undefined ? {} : { database }),
    application: 'syntra',
    max_open_connections: maxConnections,
    // A bound on silence of the socket; ours, on the whole, come first.
    request_timeout: 3_600_000,
    keep_alive: { enabled: true, eagerly_destroy_stale_sockets: true },
    compression: { request: { codec: 'zstd', level: 1 }, response: { codec: 'zstd' } },
    // A long list of trace ids does not fit into a URL.
    use_multipart_params_auto: true,
    clickhouse_settings: {
      // Executed to the end before the status is sent, so that a failure has a status of its own.
      wait_end_of_query: 1,
      http_write_exception_in_output_format: 0,
    },
    // It would print the parameters of people's queries; who asked is told anyway.
    log: { level: ClickHouseLogLevel.OFF },
  });

  const send = async (
    query: string,
    timeoutMs: number,
    more: {
      values?: Readable;
      query_id?: string;
      clickhouse_settings?: Readonly<Record<string, string | number>>;
    } = {},
  ): Promise<void> => {
    const answer = await inTime(timeoutMs, async (signal) => {
      const { stream, response_headers } = await client.exec({ query, ...more, abort_signal: signal });
      return { body: await wholeText(stream, signal), headers: response_headers };
    });
    throwIfBroken(answer.body, answer.headers);
    // Of a statement without an answer, any text is a complaint.
    if (answer.body.includes('DB::Exception')) throw parseError(answer.body);
  };

  return {
    async select<Row>(sql: string, params: Readonly<Record<string, unknown>>, timeoutMs: number) {
      const answer = await inTime(timeoutMs, async (signal) => {
        const result = await client.query({
          query: sql,
          format: 'JSON',
          query_params: { ...params },
          abort_signal: signal,
        });
        // The client lets go of the signal once it has the head of the answer.
        const close = (): void => result.close();
        signal.addEventListener('abort', close);
        const body = await result.text().finally(() => signal.removeEventListener('abort', close));
        return { body, headers: result.response_headers };
      });
      throwIfBroken(answer.body, answer.headers);
      return parseWhole<Row>(answer.body);
    },

    execute: (sql, timeoutMs) => send(sql, timeoutMs, { clickhouse_settings: { async_insert: 0 } }),

    insert: ({ sql, data, queryId, settings }, timeoutMs) =>
      send(sql, timeoutMs, {
        values: Readable.from(thenSent(data), { objectMode: false }),
        query_id: queryId,
        clickhouse_settings: settings,
      }),

    close: () => client.close(),
  };
};

/** The step is taken when the last of the rows goes out: before the server has all of them. */
function* thenSent(parts: readonly Uint8Array[]): Generator<Uint8Array> {
  yield* parts;
  reached('sink: rows sent');
}

/** @throws TelemetryUnavailableError for whatever is not ClickHouse's own word. */
const inTime = async <Result>(timeoutMs: number, ask: (signal: AbortSignal) => Promise<Result>): Promise<Result> => {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    return await ask(signal);
  } catch (error) {
    if (codeOf(error) !== undefined) throw error;
    const reason = signal.aborted ? `no answer within ${timeoutMs / 1000} s` : reasonOf(error);
    throw new TelemetryUnavailableError(`ClickHouse does not answer: ${reason}.`, { cause: error });
  }
};

const wholeText = (stream: Readable, signal: AbortSignal): Promise<string> => {
  const stop = (): void => void stream.destroy(new Error('The deadline has passed.'));
  signal.addEventListener('abort', stop);
  return text(stream).finally(() => signal.removeEventListener('abort', stop));
};

/** The marker is never part of a value: a line break in JSON is escaped. */
const throwIfBroken = (body: string, headers: Readonly<Record<string, unknown>>): void => {
  const tag = headers['x-clickhouse-exception-tag'];
  const at = typeof tag === 'string' ? body.indexOf(`\r\n__exception__\r\n${tag}`) : -1;
  if (at >= 0) throw parseError(body.slice(at));
};

const parseWhole = <Row>(body: string): JsonAnswer<Row> => {
  const parsed = asObject(body);
  // What servers write that put exceptions into the format in spite of our setting.
  if (typeof parsed?.exception === 'string') throw parseError(parsed.exception);
  if (!Array.isArray(parsed?.data))
    throw new TelemetryUnavailableError('ClickHouse broke off in the middle of an answer.');
  return parsed as unknown as JsonAnswer<Row>;
};

const asObject = (body: string): Record<string, unknown> | undefined => {
  try {
    return JSON.parse(body) as Record<string, unknown>;
  } catch {
    return undefined;
  }
};
