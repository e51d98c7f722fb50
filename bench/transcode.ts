/**
 * How many records a second one core takes from the bytes on the log to rows: `node bench/transcode.ts [--record]`.
 * Time is CPU time, so that a busy machine does not blur it; each figure is the median of several rounds.
 * `--record` adds the figures to results.jsonl.
 */
import { zstdCompressSync } from 'node:zlib';
import { logsTranscoder } from '../kernel/otlp/rows/logs-rows.ts';
import { metricsTranscoder } from '../kernel/otlp/rows/metrics-rows.ts';
import type { Transcoder } from '../kernel/otlp/rows/rows-block.ts';
import { spansTranscoder } from '../kernel/otlp/rows/spans-rows.ts';
import { unpack } from '../kernel/otlp/unpack.ts';
import { logsPayload, metricsPayload, type Payload, tracePayload } from './payloads.ts';
import { report as reportFigure } from './results.ts';

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
  const block = transcoder.openBlock();
  const records = requests * recordsPerRequest;
  let rowBytes = 0;
  let hasDerived = false;
  /** As a sink does: a block of many requests, and its bytes. */
  const transcode = (all: Iterable<Uint8Array>) => {
    block.clear();
    for (const request of all) block.add(request, origin);
    if (block.rows !== records) throw new Error(`${name}: ${block.rows} rows instead of ${records}`);
    rowBytes = block.written().reduce((sum, part) => sum + part.length, 0);
  };

  const perSecond = rates(rounds, () => {
    transcode(payloads.map(({ request }) => request));
    return records;
  });
  const derived = rates(rounds, () => {
    hasDerived = block.derived() !== undefined;
    return records;
  });
  const requestBytes = payloads.reduce((sum, { request }) => sum + request.length, 0);
  const stored = payloads.map(({ request }) => zstdCompressSync(request));
  const unpacked = rates(rounds, () => {
    for (const value of stored) unpack(value, 'zstd');
    return records;
  });
  const both = rates(rounds, () => {
    transcode(unpackAll(stored));
    return records;
  });
  const storedBytes = stored.reduce((sum, value) => sum + value.length, 0);
  const per = (bytes: number) => (bytes / records).toFixed(0);
  console.log(
    `${name}: ${per(storedBytes)} bytes on the log, ${per(requestBytes)} as protobuf, ${per(rowBytes)} as a row`,
  );
  report(`transcode.${name}`, perSecond, unit);
  if (hasDerived) report(`transcode.facets.${name}`, derived, unit);
  report(`unpack.${name}`, unpacked, unit);
  report(`unpack+transcode.${name}`, both, unit);
};

function* unpackAll(stored: readonly Uint8Array[]): Generator<Uint8Array> {
  for (const value of stored) yield unpack(value, 'zstd');
}

/** Records per CPU second. */
const rates = (count: number, round: () => number): number[] =>
  Array.from({ length: count }, () => {
    const before = process.cpuUsage();
    const records = round();
    const { user, system } = process.cpuUsage(before);
    return (records / (user + system)) * 1e6;
  });

const report = (name: string, values: readonly number[], unit: string) =>
  reportFigure({ name, values, unit, measured });

measure('spans', 'spans per CPU second', spansTranscoder(), tracePayload);
measure('logs', 'log records per CPU second', logsTranscoder(), logsPayload);
measure('metrics', 'number points per CPU second', metricsTranscoder(), metricsPayload);
