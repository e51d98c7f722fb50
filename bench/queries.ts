/**
 * How soon questions are answered, over the HTTP API of a running Syntra with light ingest; beside each, the same question
 * asked of the Collector's tables with the same rows in the same engine. `node bench/queries.ts --directory <path>` asks
 * what `bench/queries/build.ts` built there (again, for another size: `--directory <path> --directory <path>`);
 * `--quick` builds a small store of its own. `--only traces.attribute` asks that alone.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type RunningSyntra, startSyntra } from '../docs/guide/start-syntra.ts';
import { openEmbeddedTelemetry } from '../kernel/telemetry/embedded.ts';
import { type Answer, askMany, type Calls, type Taken } from './queries/ask.ts';
import type { Dataset } from './queries/dataset.ts';
import { fillStore } from './queries/fill.ts';
import { ingestLightly } from './queries/light-ingest.ts';
import { keepInserting } from './queries/otel-ingest.ts';
import { readProgress } from './queries/progress.ts';
import type { Asked, Question } from './queries/question.ts';
import { questions } from './queries/questions.ts';
import { randomFrom } from './queries/random.ts';
import { isQuick, report } from './results.ts';
import { readThreadCpu } from './thread-cpu.ts';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
    directory: { type: 'string', multiple: true, default: [] },
    // Of six kinds of attributes, one each.
    calls: { type: 'string', default: isQuick ? '6' : '200' },
    only: { type: 'string', multiple: true },
    side: { type: 'string', multiple: true, default: ['syntra', 'otel'] },
  },
});

const main = async (): Promise<void> => {
  if (options.directory.length > 0) {
    for (const directory of options.directory) await askAll(directory);
    return;
  }
  if (!isQuick) throw new Error('usage: node bench/queries.ts --directory <path>, or --quick');
  const directory = await mkdtemp(join(tmpdir(), 'syntra-queries-'));
  try {
    await fillStore({ directory, spans: 500_000, logs: 1_000_000, print: console.log });
    await askAll(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};

const askAll = async (directory: string): Promise<void> => {
  const dataset = readProgress(directory)?.dataset;
  if (dataset === undefined) throw new Error(`Nothing was built in ${directory}.`);
  const size = `${dataset.spans / 1e6}m`;
  const { only } = options;
  const asked = questions.filter(({ name }) => only === undefined || only.includes(name));
  const ours = options.side.includes('syntra') ? await askSyntra(directory, dataset, asked) : new Map();
  const theirs = options.side.includes('otel') ? await askOtel(directory, dataset, asked) : new Map();
  console.log(`\n${dataset.spans} spans, ${dataset.logs} log records; milliseconds\n`);
  console.log('| question | p50 | p95 | target | rows read | CPU ms | OTel schema p50 | p95 | rows read | CPU ms |');
  console.log('| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |');
  const cells = (taken?: Measured): string[] =>
    taken
      ? [taken.p50Ms, taken.p95Ms, taken.rowsRead, taken.cpuMs].map((value) => Math.round(value).toLocaleString('en'))
      : ['', '', '', ''];
  for (const { name, targetMs } of asked) {
    const [p50, p95, rows, cpu] = cells(ours.get(name));
    console.log(`| ${[name, p50, p95, targetMs ?? '', rows, cpu, ...cells(theirs.get(name))].join(' | ')} |`);
  }
  for (const { name, targetMs } of asked) {
    const [own, other] = [ours.get(name), theirs.get(name)];
    const target = targetMs === undefined || dataset.spans < 50e6 ? {} : { target: { atMost: targetMs } };
    const unit = 'ms, p95';
    if (own) report({ name: `queries.${size}.${name}`, values: own.p95Ms, unit, note: noteOf(own), ...target });
    if (other) report({ name: `queries.${size}.${name}.otel`, values: other.p95Ms, unit, note: noteOf(other) });
  }
};

interface Measured extends Taken {
  /** Of the store, per call, with what light ingest and merges took meanwhile. */
  readonly cpuMs: number;
}

const askSyntra = async (
  directory: string,
  dataset: Dataset,
  asked: readonly Question[],
): Promise<Map<string, Measured>> => {
  const syntra = await startSyntra({ dataDir: directory });
  const ingest = ingestLightly(syntra.otlpHttpUrl);
  try {
    const taken = await measureEach(asked, dataset, (question) => call(syntra, question), syntra.pid);
    console.log(`${await ingest.stop()} spans were taken meanwhile.`);
    return taken;
  } finally {
    await ingest.stop().catch(() => {});
    await syntra.stop();
  }
};

const call = async (syntra: RunningSyntra, { path, holds, anyway = 0, status }: Asked): Promise<Answer> => {
  const response = await fetch(`${syntra.url}/api/v1/${path}`);
  const text = await response.text();
  if (response.status !== (status ?? 200)) throw new Error(`${path}: ${response.status} ${text.slice(0, 1000)}`);
  if (holds === undefined) return { found: 1, rowsRead: 0, storeMs: 0 };
  const { data } = JSON.parse(text) as {
    data: Record<string, unknown> & { cost?: { rowsRead: number; elapsedMs: number } };
  };
  const held = data[holds];
  return {
    found: Math.max(0, (Array.isArray(held) ? held.length : Number(held)) - anyway),
    rowsRead: data.cost?.rowsRead ?? 0,
    storeMs: data.cost?.elapsedMs ?? 0,
  };
};

const askOtel = async (
  directory: string,
  dataset: Dataset,
  asked: readonly Question[],
): Promise<Map<string, Measured>> => {
  const telemetry = await openEmbeddedTelemetry({ directory });
  const ingest = keepInserting(telemetry);
  try {
    const comparable = asked.filter((question) => question.ask(dataset, randomFrom(1), 0).otel !== undefined);
    const answer = async ({ otel, status }: Asked): Promise<Answer> => {
      const rows = await telemetry.inspect<object>(otel!);
      return { found: rows.length > 0 || status === 404 ? 1 : 0, rowsRead: 0, storeMs: 0 };
    };
    return await measureEach(comparable, dataset, answer, process.pid);
  } finally {
    await ingest.stop();
    await telemetry.close();
  }
};

const measureEach = async (
  asked: readonly Question[],
  dataset: Dataset,
  answer: (asked: Asked) => Promise<Answer>,
  pid: number,
): Promise<Map<string, Measured>> => {
  const taken = new Map<string, Measured>();
  const calls = Number(options.calls);
  for (const question of asked) {
    const cpuBefore = readThreadCpu(pid).clickhouse;
    const one = await askMany(question, dataset, calls, answer);
    const cpuMs = ((readThreadCpu(pid).clickhouse - cpuBefore) * 1000) / calls;
    const { name } = question;
    console.log(
      `${name}: ${describe(one)}, store ${one.storeMs.toFixed(1)} ms, CPU ${cpuMs.toFixed(1)} ms, ${Math.round(one.rowsRead)} rows`,
    );
    for (const [kind, calls] of one.kinds) console.log(`  ${kind}: ${describe(calls)}`);
    assertFound(name, one);
    taken.set(question.name, { ...one, cpuMs });
  }
  return taken;
};

const describe = ({ calls, found, p50Ms, p95Ms }: Calls): string =>
  `${p50Ms.toFixed(1)} / ${p95Ms.toFixed(1)} ms, ${found} of ${calls} found`;

/** Undefined where every call has found something. */
const noteOf = ({ calls, found }: Calls): string | undefined =>
  found === calls ? undefined : `of ${calls} calls ${found} found something`;

/** Fast answers that hold nothing prove nothing. @throws Error */
const assertFound = (name: string, { calls, found, kinds }: Taken): void => {
  if (found < calls / 10) throw new Error(`${name} found something in ${found} of ${calls} calls only.`);
  const missed = [...kinds].filter(([, of]) => of.found < of.calls / 10).map(([kind]) => kind);
  if (missed.length > 0) throw new Error(`${name} found too little by ${missed.join(', ')}.`);
};

await main();
