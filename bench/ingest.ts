/**
 * The whole way, embedded: spans per second, CPU seconds per million spans and where they go, memory, and how soon a
 * span can be found. `npm run bench:ingest [-- --seconds 30 --connections 8 --record]`. Generator and server share the
 * machine, so throughput is that of both; CPU is the server's alone. Every acknowledged span is looked for in the
 * tables at the end. `--record` adds the figures to results.jsonl.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { zstdCompressSync } from 'node:zlib';
import { type RunningSyntra, startSyntra } from '../docs/guide/start-syntra.ts';
import { RowWriter } from '../kernel/otlp/rows/row-binary.ts';
import { spansTranscoder } from '../kernel/otlp/rows/spans-rows.ts';
import { unpack } from '../kernel/otlp/unpack.ts';
import { measureFreshness } from './freshness.ts';
import { tracePayload } from './payloads.ts';
import { recordResult } from './results.ts';
import { runLoad } from './run-load.ts';
import { type CpuByPart, readResidentBytes, readThreadCpu } from './thread-cpu.ts';

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    connections: { type: 'string', default: '8' },
    record: { type: 'boolean', default: false },
  },
});

const main = async (): Promise<void> => {
  const syntra = await startSyntra({ env: { UV_THREADPOOL_SIZE: '16' } });
  try {
    await runLoad(syntra.otlpHttpUrl, 3, Number(options.connections));
    await untilStored(syntra);
    const storedBefore = await countSpans(syntra);
    const cpuBefore = readThreadCpu(syntra.pid);
    const peak = watchMemory(syntra.pid);
    const sending = new AbortController();
    const freshness = measureFreshness(syntra.url, syntra.otlpHttpUrl, sending.signal);
    const load = await runLoad(syntra.otlpHttpUrl, Number(options.seconds), Number(options.connections));
    sending.abort();
    const fresh = await freshness;
    await untilStored(syntra);
    const cpu = subtract(readThreadCpu(syntra.pid), cpuBefore);
    // The main thread takes requests and transcodes batches; how much the latter costs is measured alone, in this process.
    const sink = transcodeSecondsPerSpan() * load.acknowledgedSpans;
    const stored = (await countSpans(syntra)) - storedBefore;
    const acknowledged = load.acknowledgedSpans + fresh.markers;

    const perMillion = (seconds: number): number => (seconds / load.acknowledgedSpans) * 1e6;
    print('ingest.spans', load.acknowledgedSpans / load.seconds, 'spans/s');
    print('ingest.cpu', perMillion(cpu.main + cpu.log + cpu.clickhouse + cpu.node), 'CPU s per million spans');
    print('ingest.cpu.ingest', perMillion(cpu.main + cpu.node - sink), 'CPU s per million spans');
    print('ingest.cpu.sink', perMillion(sink), 'CPU s per million spans');
    print('ingest.cpu.log', perMillion(cpu.log), 'CPU s per million spans');
    print('ingest.cpu.clickhouse', perMillion(cpu.clickhouse), 'CPU s per million spans');
    print('ingest.memory.peak', peak() / 2 ** 20, 'MiB resident');
    print('ingest.freshness.p50', fresh.p50Ms, 'ms from acknowledged to found');
    print('ingest.freshness.p99', fresh.p99Ms, 'ms from acknowledged to found');
    console.log(
      `generator: ${perMillion(load.cpuSeconds).toFixed(2)} CPU s per million, ${load.refusedRequests} requests refused`,
    );
    console.log(`acknowledged ${acknowledged}, stored ${stored}, missing ${acknowledged - stored}`);
    if (stored !== acknowledged || fresh.lost > 0) process.exitCode = 1;
  } finally {
    await syntra.stop();
  }
};

const ask = async <Data>(syntra: RunningSyntra, path: string): Promise<Data> => {
  const response = await fetch(`${syntra.url}/api/v1/projects/prj_default/${path}`);
  const body = (await response.json()) as { data: Data };
  if (!response.ok) throw new Error(`${path}: ${JSON.stringify(body)}`);
  return body.data;
};

const untilStored = async (syntra: RunningSyntra): Promise<void> => {
  while ((await ask<{ backlog: number }>(syntra, 'ingest')).backlog > 0) await sleep(100);
};

/** All spans there are, by their own table rather than a summary. */
const countSpans = async (syntra: RunningSyntra): Promise<number> => {
  const range = `fromMs=${Date.now() - 3_600_000}&toMs=${Date.now() + 3_600_000}`;
  const { total } = await ask<{ total: number }>(
    syntra,
    `traces/histogram?${range}&q=${encodeURIComponent('duration:>=0ns')}`,
  );
  return total;
};

const transcodeSecondsPerSpan = (): number => {
  const payloads = Array.from({ length: 100 }, (_, seed) => tracePayload(seed, 500));
  const stored = payloads.map(({ request }) => zstdCompressSync(request));
  const transcoder = spansTranscoder();
  const out = new RowWriter(2 ** 20, 2 ** 29);
  const origin = { org: 'o', project: 'p', receivedAtMs: Date.now(), retentionDays: 30, partition: 0, offset: 0 };
  const round = (): number => {
    const before = process.cpuUsage();
    for (const value of stored) {
      out.position = 0;
      transcoder.transcode(unpack(value, 'zstd'), origin, out);
    }
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6 / (payloads.length * 500);
  };
  const rounds = Array.from({ length: 15 }, round).sort((a, b) => a - b);
  return rounds[7]!;
};

/** Looks every 200 ms; the returned function stops that and answers the most it saw, in bytes. */
const watchMemory = (pid: number): (() => number) => {
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, readResidentBytes(pid));
  }, 200);
  return () => {
    clearInterval(timer);
    return peak;
  };
};

const subtract = (after: CpuByPart, before: CpuByPart): CpuByPart => ({
  main: after.main - before.main,
  log: after.log - before.log,
  clickhouse: after.clickhouse - before.clickhouse,
  node: after.node - before.node,
});

const print = (name: string, value: number, unit: string): void => {
  const rounded = value >= 100 ? Math.round(value) : Number(value.toPrecision(3));
  console.log(`${name.padEnd(24)} ${rounded.toLocaleString('en').padStart(10)} ${unit}`);
  if (options.record) recordResult(name, rounded, unit);
};

await main();
