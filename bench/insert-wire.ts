/**
 * What it costs this process to hand span rows to ClickHouse: over HTTP under each compression, to a server that throws
 * them away, and to chDB through a file, where storing them is in the figure: `node bench/insert-wire.ts [--record]`.
 * CPU seconds of this process with all of its threads per million rows; making the rows is not in it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createClient } from '@clickhouse/client';
import { spansTranscoder } from '../kernel/otlp/rows/spans-rows.ts';
import { openEmbeddedTelemetry } from '../kernel/telemetry/embedded.ts';
import { migrateTelemetry } from '../kernel/telemetry/migrate.ts';
import { writeSpoolFile } from '../kernel/telemetry/spool-file.ts';
import { tracePayload } from './payloads.ts';
import { report as reportFigure } from './results.ts';

const batches = 10;
const requestsPerBatch = 40;
const spansPerRequest = 500;
const rowCount = requestsPerBatch * spansPerRequest;

const transcoder = spansTranscoder();
const receivedAtMs = Date.now();
const batchOf = (seed: number): Uint8Array => {
  const block = transcoder.openBlock();
  for (let i = 0; i < requestsPerBatch; i++) {
    const { request } = tracePayload(seed * requestsPerBatch + i, spansPerRequest);
    const origin = { org: 'org', project: 'prj', receivedAtMs, retentionDays: 30, partition: 0, offset: i };
    block.add(request, origin);
  }
  return Buffer.concat(block.written());
};
const rows = Array.from({ length: batches }, (_, seed) => batchOf(seed));

/** CPU seconds per million rows. */
const cost = async (insert: (batch: Uint8Array, i: number) => Promise<unknown>): Promise<number> => {
  const before = process.cpuUsage();
  for (const [i, batch] of rows.entries()) await insert(batch, i);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / (batches * rowCount);
};

const report = (name: string, values: number, unit: string): void => reportFigure({ name, values, unit, measured });
const measured = ['kernel/telemetry', 'kernel/otlp', 'bench/insert-wire.ts', 'bench/payloads.ts'];
const cpuUnit = 'CPU seconds per million spans';

/** Answers every request with the number of bytes that came. */
const drain = spawn(process.execPath, [
  '--eval',
  `const server = require('node:http').createServer((request, response) => {
     let bytes = 0;
     request.on('data', (part) => { bytes += part.length; });
     request.on('end', () => response.end(String(bytes)));
   }).listen(0, '127.0.0.1', () => console.log(server.address().port));`,
]);
const [port] = (await once(drain.stdout, 'data')) as [Buffer];
const url = `http://127.0.0.1:${port.toString().trim()}`;

const codecs = {
  none: false,
  gzip1: { codec: 'gzip', level: 1 },
  gzip6: { codec: 'gzip', level: 6 },
  zstd1: { codec: 'zstd', level: 1 },
  zstd3: { codec: 'zstd', level: 3 },
} as const;
for (const [name, request] of Object.entries(codecs)) {
  const client = createClient({ url, compression: { request } });
  let bytes = 0;
  const send = async (batch: Uint8Array): Promise<void> => {
    const { stream } = await client.exec({ query: 'INSERT', values: Readable.from([batch], { objectMode: false }) });
    for await (const part of stream) bytes += Number(part);
  };
  await send(rows[0]!);
  bytes = 0;
  report(`insert.http.${name}.cpu`, await cost(send), cpuUnit);
  report(`insert.http.${name}.bytes`, bytes / (batches * rowCount), 'bytes per span on the wire');
  await client.close();
}
drain.kill();

const directory = await mkdtemp(join(tmpdir(), 'syntra-bench-'));
report(
  'insert.spool-file.cpu',
  await cost(async (batch, i) => writeSpoolFile(join(directory, String(i)), [batch])),
  cpuUnit,
);
const telemetry = await openEmbeddedTelemetry({ directory });
await migrateTelemetry(telemetry);
const { table, structure } = transcoder;
report(
  'insert.chdb.cpu',
  await cost((batch, i) => telemetry.insert({ table, structure, rows: [batch], rowCount, token: String(i) })),
  cpuUnit,
);
await telemetry.close();
await rm(directory, { recursive: true });
