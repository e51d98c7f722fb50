/** Tests only: one request of ClickHouse's HTTP interface, taken apart as a server would. */
import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, zstdDecompress } from 'node:zlib';
import type { Statement } from './test-clickhouse-engine.ts';

export interface ClickHouseRequest {
  readonly statement: Statement;
  readonly queryId: string | undefined;
  readonly user: string;
  readonly password: string;
  /** The codec of the answer, where one was asked for and allowed by `enable_http_compression`. */
  readonly answerCodec: 'gzip' | 'zstd' | undefined;
  readonly isInsert: boolean;
}

/** @throws Error when the body is cut or is not what its headers say. */
export const readRequest = async (request: IncomingMessage): Promise<ClickHouseRequest> => {
  const url = new URL(request.url!, 'http://server');
  const body = await decode(await buffer(request), request.headers['content-encoding']);
  const type = request.headers['content-type'] ?? '';
  const form = type.startsWith('multipart/form-data')
    ? await new Response(body, { headers: { 'content-type': type } }).formData()
    : undefined;
  const all = [...url.searchParams, ...[...(form ?? [])].map(([name, value]) => [name, String(value)] as const)];
  const given = Object.fromEntries(all);
  const inUrl = form ? (given.query ?? '') : (url.searchParams.get('query') ?? '');
  // An INSERT in the URL has its rows in the body; any other statement goes on there.
  const isInsert = /^\s*INSERT\s/i.test(inUrl) && /\bFORMAT\s+\w+\s*$/i.test(inUrl);
  const rest = form || isInsert ? '' : body.toString();
  const settings = Object.fromEntries(
    all.filter(([name]) => !notSettings.has(name) && !httpSettings.has(name) && !name.startsWith('param_')),
  );
  const [basicUser, basicPassword] = basicAuth(request.headers.authorization);
  return {
    statement: {
      sql: `${inUrl}${inUrl && rest ? '\n' : ''}${rest}`,
      data: isInsert ? body : undefined,
      database: given.database ?? header(request, 'x-clickhouse-database') ?? 'default',
      settings: request.method === 'GET' ? { ...settings, readonly: '2' } : settings,
      params: Object.fromEntries(
        all.filter(([name]) => name.startsWith('param_')).map(([name, value]) => [name.slice('param_'.length), value]),
      ),
    },
    queryId: given.query_id,
    user: given.user ?? header(request, 'x-clickhouse-user') ?? basicUser ?? 'default',
    password: given.password ?? header(request, 'x-clickhouse-key') ?? basicPassword ?? '',
    answerCodec: given.enable_http_compression === '1' ? codecOf(header(request, 'accept-encoding') ?? '') : undefined,
    isInsert,
  };
};

const notSettings = new Set(['query', 'query_id', 'database', 'user', 'password', 'session_id', 'role']);

/** Known to the server's HTTP part alone; the engine would call them unknown. */
const httpSettings = new Set([
  'wait_end_of_query',
  'enable_http_compression',
  'http_response_buffer_size',
  'send_progress_in_http_headers',
  'http_headers_progress_interval_ms',
  'http_zlib_compression_level',
  'cancel_http_readonly_queries_on_client_close',
]);

const decode = async (body: Buffer, encoding: string | undefined): Promise<Buffer> => {
  switch (encoding) {
    case undefined:
    case '':
    case 'identity':
      return body;
    case 'gzip':
      return promisify(gunzip)(body);
    case 'zstd':
      return promisify(zstdDecompress)(body);
    case 'br':
      return promisify(brotliDecompress)(body);
    default:
      throw new Error(`This stand-in does not know the encoding ${encoding}.`);
  }
};

const codecOf = (accepted: string): 'gzip' | 'zstd' | undefined =>
  (['zstd', 'gzip'] as const).find((codec) => accepted.includes(codec));

const header = (request: IncomingMessage, name: string): string | undefined => {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
};

const basicAuth = (authorization: string | undefined): string[] => {
  const encoded = /^Basic (.*)$/.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return [];
  const [user, ...password] = Buffer.from(encoded, 'base64').toString().split(':');
  return [user!, password.join(':')];
};
