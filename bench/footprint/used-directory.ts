/**
 * A data directory as an installation has it that was used for a week: rows of seven days, which are as many partitions;
 * some hundred inserts into every table, which remembers their tokens; and a log and a state that were written.
 */
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RunningSyntra, startSyntra } from '../../docs/guide/start-syntra.ts';
import type { Sink } from '../../kernel/processor.ts';
import { openEmbeddedTelemetry } from '../../kernel/telemetry/embedded.ts';
import { otlpHeaders } from '../../kernel/topics.ts';
import { storeLogs } from '../../processors/store-logs.ts';
import { storeMetrics } from '../../processors/store-metrics.ts';
import { storeSpans } from '../../processors/store-spans.ts';
import { type Corpus, openCorpus } from '../corpus.ts';
import type { Signal } from '../corpus-file.ts';
import { runLoad } from '../run-load.ts';

export interface UsedOptions {
  /** So long it is sent to. */
  readonly seconds: number;
  /** Of each signal on each day. */
  readonly insertsPerDay: number;
}

const days = 7;
const dayMs = 86_400_000;
const signals: readonly Signal[] = ['traces', 'logs', 'metrics'];
const recordsPerInsert = 200;

/** Sends to a Syntra in this directory, ends it, and stores what the days before would have brought through its sinks. */
export const useDirectory = async (dataDir: string, { seconds, insertsPerDay }: UsedOptions): Promise<void> => {
  const syntra = await startSyntra({ dataDir });
  try {
    await runLoad(syntra.otlpHttpUrl, { signals, seconds, recordsPerSecond: 4000, recordsPerRequest: 200 });
    await untilStored(syntra);
  } finally {
    await syntra.stop();
  }
  const telemetry = await openEmbeddedTelemetry({ directory: dataDir });
  const sinks = { traces: storeSpans(telemetry), logs: storeLogs(telemetry), metrics: storeMetrics(telemetry) };
  try {
    await Promise.all(signals.map((signal) => storeDays(sinks[signal], signal, insertsPerDay)));
  } finally {
    await telemetry.close();
  }
};

/** Inserts that the table with the fewest of those with any remembers, and the table with the most: lines of ClickHouse's logs of them. */
export const readTokens = async (dataDir: string): Promise<{ readonly least: number; readonly most: number }> => {
  const tokens = new Map<string, number>();
  for (const path of await readdir(dataDir, { recursive: true })) {
    if (!/deduplication_log_\d+\.txt$/.test(path)) continue;
    const lines = (await readFile(join(dataDir, path), 'utf8')).split('\n').length - 1;
    tokens.set(dirname(path), (tokens.get(dirname(path)) ?? 0) + lines);
  }
  const counts = [...tokens.values()].filter((count) => count > 0);
  return { least: Math.min(...counts), most: Math.max(...counts) };
};

const storedWithinMs = 120_000;

/** @throws Error with what it printed when it has not stored all within two minutes */
const untilStored = async ({ url, output }: RunningSyntra): Promise<void> => {
  const untilMs = Date.now() + storedWithinMs;
  // Twice: the first answer may be one that somebody had asked for before.
  for (let empty = 0; empty < 2; ) {
    const response = await fetch(`${url}/api/v1/projects/prj_default/ingest`);
    const { data } = (await response.json()) as { data: { backlog: number } };
    if (Date.now() > untilMs) throw new Error(`${data.backlog} records are not stored yet:\n${output()}`);
    empty = data.backlog === 0 ? empty + 1 : 0;
    await sleep(200);
  }
};

/** Day by day, the oldest first, up to the hour of now. */
const storeDays = async (sink: Sink, signal: Signal, insertsPerDay: number): Promise<void> => {
  const corpus = openCorpus({ signals: [signal], recordsPerRequest: recordsPerInsert, seed: 2 });
  const firstMs = Date.now() - days * dayMs;
  for (let i = 0; i < days * insertsPerDay; i++) {
    const receivedAtMs = firstMs + Math.floor((i * dayMs) / insertsPerDay);
    const value = Buffer.from(requestOf(corpus, i, receivedAtMs));
    const headers = {
      [otlpHeaders.org]: 'org_default',
      [otlpHeaders.project]: 'prj_default',
      [otlpHeaders.receivedAt]: String(receivedAtMs),
      [otlpHeaders.retentionDays]: '30',
      [otlpHeaders.encoding]: 'identity',
    };
    const records = [{ offset: i, key: '', timestampMs: receivedAtMs, value, headers }];
    const outcomes = await sink.write({ token: `footprint/${i}`, topic: sink.reads.name, partition: 0, records });
    if (outcomes.length > 0) throw new Error(`${sink.name} has not stored all: ${JSON.stringify(outcomes[0])}`);
  }
};

/** The request with this number, made new in every round. */
const requestOf = ({ requests, renew }: Corpus, i: number, atMs: number): Buffer => {
  if (i % requests.length === 0) renew(i / requests.length);
  const { stamp, bytes } = requests[i % requests.length]!;
  stamp(atMs);
  return bytes;
};
