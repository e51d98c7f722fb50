/**
 * Fills an embedded store through its own tables and views, insert by insert, each about as large as those of ingest.
 * Every insert has a token, as those of a sink have: what was stored before a crash is not stored again.
 */
import { mkdirSync } from 'node:fs';
import type { Telemetry } from '../../kernel/telemetry/client.ts';
import { openEmbeddedTelemetry } from '../../kernel/telemetry/embedded.ts';
import { insertSettings } from '../../kernel/telemetry/insert-block.ts';
import { migrateTelemetry } from '../../kernel/telemetry/migrate.ts';
import { otelSchema } from '../peers/otel-schema.ts';
import type { Dataset } from './dataset.ts';
import { insertFacets } from './facets-sql.ts';
import { insertLogs } from './logs-sql.ts';
import { insertPoints, pointsPerReport, reportsOf } from './metrics-sql.ts';
import { copyHistograms, copyLogs, copySpans } from './otel-copy.ts';
import { otelHistogramTable } from './otel-histogram.ts';
import type { Piece } from './pieces.ts';
import { readProgress, writeProgress } from './progress.ts';
import { insertSpans } from './spans-sql.ts';

export interface FillOptions {
  readonly directory: string;
  readonly spans: number;
  readonly logs: number;
  readonly print: (line: string) => void;
}

interface Step {
  readonly name: string;
  readonly rows: number;
  readonly rowsPerInsert: number;
  sql(first: number, count: number): string;
}

const spansPerInsert = 200_000;
const linesPerInsert = 400_000;
const reportsPerInsert = 20;

/** Goes on with what is there; the number of rows must then be the same as before. */
export const fillStore = async ({ directory, spans, logs, print }: FillOptions): Promise<Dataset> => {
  mkdirSync(directory, { recursive: true });
  const found = readProgress(directory);
  const dataset = found?.dataset ?? { spans, logs, endMs: Date.now() };
  if (dataset.spans !== spans || dataset.logs !== logs) {
    throw new Error(
      `${directory} was begun with ${dataset.spans} spans and ${dataset.logs} lines: choose another directory.`,
    );
  }
  const telemetry = await openEmbeddedTelemetry({ directory });
  try {
    await migrateTelemetry(telemetry);
    for (const statement of ['CREATE DATABASE IF NOT EXISTS otel', ...otelSchema('otel'), otelHistogramTable('otel')])
      await telemetry.command(statement);
    const done: Record<string, number> = { ...found?.done };
    for (const step of stepsOf(dataset)) {
      const startedMs = performance.now();
      const cpuBefore = process.cpuUsage();
      const before = done[step.name] ?? 0;
      for (let first = before; first < step.rows; first = done[step.name]!) {
        const count = Math.min(step.rowsPerInsert, step.rows - first);
        await insert(telemetry, step.sql(first, count), `${step.name} ${first}`);
        done[step.name] = first + count;
        await writeProgress(directory, { dataset, done });
      }
      const seconds = (performance.now() - startedMs) / 1000;
      const stored = step.rows - before;
      const { user, system } = process.cpuUsage(cpuBefore);
      if (stored > 0) {
        print(
          `${step.name}: ${stored}, ${Math.round(stored / seconds)} a second, ${((user + system) / stored).toFixed(1)} µs of CPU each`,
        );
      }
    }
    await untilMerged(telemetry);
  } finally {
    await telemetry.close();
  }
  return dataset;
};

const stepsOf = (dataset: Dataset): Step[] => [
  {
    name: 'spans',
    rows: dataset.spans,
    rowsPerInsert: spansPerInsert,
    sql: (first, count) => insertSpans(dataset, first, count),
  },
  {
    name: 'logs',
    rows: dataset.logs,
    rowsPerInsert: linesPerInsert,
    sql: (first, count) => insertLogs(dataset, first, count),
  },
  {
    name: 'metric points',
    rows: reportsOf(dataset) * pointsPerReport,
    rowsPerInsert: reportsPerInsert * pointsPerReport,
    sql: (first, count) => insertPoints(dataset, first / pointsPerReport, count / pointsPerReport),
  },
  ...derivedSteps(dataset),
];

/** Of rows that are stored, in pieces: a store that was built before a step was thought of gets what it lacks. */
const derivedSteps = (dataset: Dataset): Step[] =>
  [
    { name: 'spans copied', rows: dataset.spans, perInsert: spansPerInsert, derive: copySpans },
    { name: 'logs copied', rows: dataset.logs, perInsert: linesPerInsert, derive: copyLogs },
    { name: 'histograms copied', rows: reportsOf(dataset), perInsert: reportsPerInsert, derive: copyHistograms },
    { name: 'facets of spans', rows: dataset.spans, perInsert: spansPerInsert, derive: facetsOfSpans },
    { name: 'facets of logs', rows: dataset.logs, perInsert: linesPerInsert, derive: facetsOfLogs },
  ].map(({ name, rows, perInsert, derive }) => {
    const parts = Math.ceil(rows / perInsert);
    return { name, rows: parts, rowsPerInsert: 1, sql: (part) => derive(dataset, { part, parts }) };
  });

const facetsOfSpans = (dataset: Dataset, piece: Piece): string => insertFacets('spans', dataset, piece);
const facetsOfLogs = (dataset: Dataset, piece: Piece): string => insertFacets('logs', dataset, piece);

const insert = (telemetry: Telemetry, sql: string, token: string): Promise<void> => {
  const settings = { ...insertSettings(token), ...oneBlock };
  const clause = Object.entries(settings).map(
    ([name, value]) => `${name} = ${typeof value === 'number' ? value : `'${value}'`}`,
  );
  return telemetry.command(`${sql}\nSETTINGS ${clause.join(', ')}`);
};

/** A block of rows is one part, as each of a sink's is. One thread: the rest of the machine may be at work. */
const oneBlock = {
  max_threads: 1,
  max_block_size: 10_000_000,
  preferred_block_size_bytes: 0,
  max_partitions_per_insert_block: 100,
};

/** A store that is still merging answers slower than it will. */
const untilMerged = async (telemetry: Telemetry): Promise<void> => {
  for (let quiet = 0; quiet < 3; ) {
    const [row] = await telemetry.inspect<{ running: number }>('SELECT count() AS running FROM system.merges');
    quiet = Number(row!.running) === 0 ? quiet + 1 : 0;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
};
