/**
 * How many records a second one core takes from the bytes on the log to rows: `node bench/transcode.ts [--record]`.
 * Time is CPU time, so that a busy machine does not blur it; each figure is the median of several rounds.
 * `--record` adds the figures to results.jsonl.
 */
import { zstdCompressSync } from 'node:zlib';
import { logsTranscoder } from '../kernel/otlp/rows/logs-rows.ts';
import { metricsTranscoder } from '../kernel/otlp/rows/metrics-rows.ts';
import { RowWriter } from '../kernel/otlp/rows/row-binary.ts';
import { spansTranscoder } from '../kernel/otlp/rows/spans-rows.ts';
import type { Transcoder } from '../kernel/otlp/rows/transcoder.ts';
import { unpack } from '../kernel/otlp/unpack.ts';
import { logsPayload, metricsPayload, type Payload, tracePayload } from './payloads.ts';
import { recordResult } from './results.ts';

const requests = 100;
const recordsPerRequest = 500;
const rounds = 25;
const measured = ['kernel/otlp', 'bench/transcode.ts', 'bench/payloads.ts'];

const origin = {
  org: 'org_default',
  project: 'prj_default',
  receivedAtMs: 1_700_000_000_000,
  retentionDays: 30,
  partition: 0,
  offset: 0,
};

const measure = (name: string, unit: string, transcoder: Transcoder, payload: (seed: number, n: number) => Payload) => {
  const payloads = Array.from({ length: requests }, (_, seed) => payload(seed, recordsPerRequest));
  const out = new RowWriter(2 ** 20, 2 ** 29);
  const records = requests * recordsPerRequest;
  let rowBytes = 0;
  const transcode = (request: Uint8Array) => {
    out.position = 0;
    const { rows } = transcoder.transcode(request, origin, out);
    if (rows !== recordsPerRequest) throw new Error(`${name}: ${rows} rows instead of ${recordsPerRequest}`);
    rowBytes += out.position;
  };

  const perSecond = median(rounds, () => {
    rowBytes = 0;
    for (const { request } of payloads) transcode(request);
    return records;
  });
  const bytesOfRows = rowBytes;
  const requestBytes = payloads.reduce((sum, { request }) => sum + request.length, 0);
  const stored = payloads.map(({ request }) => zstdCompressSync(request));
  const unpacked = median(rounds, () => {
    for (const value of stored) unpack(value, 'zstd');
    return records;
  });
  const both = median(rounds, () => {
    for (const value of stored) transcode(unpack(value, 'zstd'));
    return records;
  });
  const storedBytes = stored.reduce((sum, value) => sum + value.length, 0);
  const per = (bytes: number) => (bytes / records).toFixed(0);
  console.log(
    `${name}: ${per(storedBytes)} bytes on the log, ${per(requestBytes)} as protobuf, ${per(bytesOfRows)} as a row`,
  );
  report(`transcode.${name}`, perSecond, unit);
  report(`unpack.${name}`, unpacked, unit);
  report(`unpack+transcode.${name}`, both, unit);
};

/** Records per CPU second. */
const median = (count: number, round: () => number): number => {
  const rates = Array.from({ length: count }, () => {
    const before = process.cpuUsage();
    const records = round();
    const { user, system } = process.cpuUsage(before);
    return (records / (user + system)) * 1e6;
  });
  return rates.sort((a, b) => a - b)[count >> 1]!;
};

const report = (name: string, value: number, unit: string) => {
  console.log(`  ${name.padEnd(28)} ${Math.round(value).toLocaleString('en').padStart(12)} ${unit}`);
  if (process.argv.includes('--record')) recordResult(name, Math.round(value), unit, measured);
};

measure('spans', 'spans per CPU second', spansTranscoder(), tracePayload);
measure('logs', 'log records per CPU second', logsTranscoder(), logsPayload);
measure('metrics', 'number points per CPU second', metricsTranscoder(), metricsPayload);
