/**
 * A process that speaks ClickHouse's HTTP interface over chDB, as far as clickhouse-go and Rotel use it: answers in
 * Native, compressed frames, inserts in any format. Argument: data directory. Says on which port it listens.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { type Engine, openEngine } from '../../kernel/telemetry/test-clickhouse-engine.ts';
import { readFrames, writeFrames } from './frames.ts';
import { type Answer, nativeAnswer } from './native-answer.ts';

const handle = async (engine: Engine, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const asked = new URL(request.url!, 'http://server').searchParams;
  const sent = await buffer(request);
  const body = asked.get('decompress') === '1' ? readFrames(sent) : sent;
  const inUrl = asked.get('query') ?? '';
  const isInsert = /^\s*INSERT\s/i.test(inUrl);
  const database = asked.get('database') ?? 'default';
  const run = (sql: string, data?: Buffer): Promise<Uint8Array> =>
    engine.run({ sql, data, database, settings: {}, params: {} });
  if (isInsert) {
    await run(inUrl.replaceAll('"', ''), body);
    response.end();
    return;
  }
  const sql = inUrl + body.toString();
  if (!/^\s*(SELECT|DESC)/i.test(sql)) {
    await run(sql);
    response.end();
    return;
  }
  if (asked.get('default_format') !== 'Native') {
    response.end(await run(`${sql} FORMAT TabSeparated`));
    return;
  }
  const answer = nativeAnswer(parse(Buffer.from(await run(`${sql} FORMAT JSONCompact`)).toString()));
  response.end(asked.get('compress') === '1' ? writeFrames(answer) : answer);
};

const parse = (json: string): Answer => {
  const { meta, data } = JSON.parse(json) as { meta: { name: string; type: string }[]; data: Answer['rows'] };
  return { names: meta.map(({ name }) => name), types: meta.map(({ type }) => type), rows: data };
};

const engine = await openEngine(process.argv[2]!);
const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  handle(engine, request, response).catch((error: unknown) => {
    console.error(String(error).slice(0, 1000));
    response.statusCode = 500;
    response.end(String(error));
  });
});
server.listen(0, '127.0.0.1', () => console.log(`listening on ${(server.address() as AddressInfo).port}.`));
