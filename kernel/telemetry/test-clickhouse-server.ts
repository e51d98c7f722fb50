/**
 * Tests only: a process that speaks ClickHouse's HTTP interface over chDB, as far as our client and our SQL need it.
 * Arguments: data directory, port, password of the user `default`. Prints its port, and ends when its stdin does.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzip, zstdCompress } from 'node:zlib';
import { type Engine, EngineError, openEngine } from './test-clickhouse-engine.ts';
import { type Fault, openFaults } from './test-clickhouse-faults.ts';
import { type ClickHouseRequest, readRequest } from './test-clickhouse-request.ts';

const [directory, port, password = ''] = process.argv.slice(2);

const faults = openFaults();
const running = new Set<string>();

const handle = async (engine: Engine, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const { pathname } = new URL(request.url!, 'http://server');
  if (pathname === '/__fault') return takeFault(request, response);
  if (pathname === '/ping') {
    const { mode, delayMs = 1000 } = faults.next({ isInsert: false });
    if (mode === 'hang') return;
    if (mode === 'slow') await sleep(delayMs);
    response.end('Ok.\n');
    return;
  }
  const asked = await readRequest(request);
  const fault = faults.next(asked);
  if (fault.mode === 'hang') return;
  if (fault.mode === 'slow') await sleep(fault.delayMs ?? 1000);
  const queryId = asked.queryId ?? randomUUID();
  response.setHeader('X-ClickHouse-Query-Id', queryId);
  response.setHeader('X-ClickHouse-Server-Display-Name', 'stand-in');
  response.setHeader('X-ClickHouse-Timezone', 'UTC');
  try {
    if (fault.mode === 'fail-before-insert') throw madeUpError;
    const answer = await runOnce(engine, asked, queryId);
    if (fault.mode === 'fail-after-insert') throw madeUpError;
    if (fault.mode === 'cut-after-insert') request.socket.destroy();
    else await respond(response, asked, answer, fault.mode);
  } catch (error) {
    fail(response, error);
  }
};

/** Two queries of one id never run at once. */
const runOnce = async (engine: Engine, asked: ClickHouseRequest, queryId: string): Promise<Uint8Array> => {
  if (asked.user !== 'default' || asked.password !== password) throw wrongPassword(asked.user);
  if (running.has(queryId)) throw stillRunning(queryId);
  running.add(queryId);
  try {
    return await engine.run(asked.statement);
  } finally {
    running.delete(queryId);
  }
};

const respond = async (
  response: ServerResponse,
  { answerCodec }: ClickHouseRequest,
  answer: Uint8Array,
  mode: Fault['mode'],
): Promise<void> => {
  response.setHeader('X-ClickHouse-Summary', '{"read_rows":"0","read_bytes":"0","written_rows":"0"}');
  const half = answer.subarray(0, Math.ceil(answer.length / 2));
  if (mode === 'exception-in-answer') {
    response.setHeader('X-ClickHouse-Exception-Tag', exceptionTag);
    const said = `${madeUpError.message}\n`;
    const end = `\r\n__exception__\r\n${exceptionTag}\n${said}${said.length} ${exceptionTag}\r\n__exception__\r\n`;
    response.end(Buffer.concat([half, Buffer.from(end)]));
    return;
  }
  const body = answerCodec && answer.length > 0 ? await codecs[answerCodec](answer) : answer;
  if (answerCodec && answer.length > 0) response.setHeader('Content-Encoding', answerCodec);
  if (mode !== 'half-answer') {
    response.end(body);
    return;
  }
  // An empty answer too is cut after its head, which promises more.
  response.setHeader('Content-Length', Math.max(body.length, 2));
  response.write(body.subarray(0, Math.ceil(body.length / 2)));
  response.flushHeaders();
  await sleep(20);
  response.destroy();
};

const codecs = { gzip: promisify(gzip), zstd: promisify(zstdCompress) };

const fail = (response: ServerResponse, error: unknown): void => {
  const { code, message } =
    error instanceof EngineError ? error : new EngineError('1002', `Code: 1002. DB::Exception: ${error}. (UNKNOWN)`);
  response.statusCode = statusOfCode[code] ?? 500;
  response.setHeader('X-ClickHouse-Exception-Code', code);
  response.end(`${message} (version 26.7.2.1 (official build))\n`);
};

/** As exceptionCodeToHTTPStatus in src/Server/HTTP does, for the codes that we meet. */
const statusOfCode: Readonly<Record<string, number>> = {
  '6': 400,
  '16': 404,
  '27': 400,
  '33': 400,
  '36': 400,
  '47': 404,
  '60': 404,
  '62': 400,
  '81': 404,
  '497': 403,
  '516': 403,
};

const exceptionTag = 'standinstandinst';
const madeUpError = new EngineError('241', 'Code: 241. DB::Exception: Made up by a test. (MEMORY_LIMIT_EXCEEDED)');
const wrongPassword = (user: string) =>
  new EngineError('516', `Code: 516. DB::Exception: ${user}: Authentication failed. (AUTHENTICATION_FAILED)`);
const stillRunning = (queryId: string) =>
  new EngineError(
    '216',
    `Code: 216. DB::Exception: Query with id = ${queryId} is already running. (QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING)`,
  );

const takeFault = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  if (request.method === 'POST') faults.set(JSON.parse(await text(request)) as Fault);
  response.end(JSON.stringify({ met: faults.met() }));
};

const engine = await openEngine(directory!);
const server = createServer({ keepAliveTimeout: 30_000 }, (request, response) => {
  handle(engine, request, response).catch((error: unknown) => {
    if (response.headersSent) response.destroy();
    else fail(response, error);
  });
});
server.listen(Number(port), '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
// Whoever started it is gone.
process.stdin.on('end', () => process.exit()).resume();
