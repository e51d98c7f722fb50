/**
 * What ClickHouse itself takes for rows that lie ready in files: the batches that the sink makes of the corpus, inserted
 * one after the other into the same tables with the same indexes and views, by the same engine, with nothing of ours
 * between. Run by `ingest.ts` in a process of its own: `node bench/raw-insert.ts <spans> <seconds that merges may take>`;
 * ends with one line of JSON.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import type { LogRecord } from '../kernel/log/log.ts';
import { spansTranscoder } from '../kernel/otlp/rows/spans-rows.ts';
import { storeLimits, storeRequests } from '../kernel/otlp/rows/store-requests.ts';
import type { RowsInsert } from '../kernel/telemetry/client.ts';
import { columnNames } from '../kernel/telemetry/column-names.ts';
import { openEmbeddedTelemetry } from '../kernel/telemetry/embedded.ts';
import { migrateTelemetry } from '../kernel/telemetry/migrate.ts';
import { otlpHeaders } from '../kernel/topics.ts';
import { openCorpus } from './corpus.ts';
import { cpuSecondsOf } from './process-tree.ts';
import { type AtWork, type Quiet, untilQuiet } from './quiet.ts';

export interface RawInsertResult {
  readonly rows: number;
  readonly inserts: number;
  /** Of the whole process while it inserted, until merges had come to rest. */
  readonly cpuSeconds: number;
  /** Whether they had. */
  readonly quiet: Quiet;
}

const recordsPerRequest = 500;

const main = async (rowsWanted: number, limitSeconds: number): Promise<RawInsertResult> => {
  const directory = await mkdtemp(join(tmpdir(), 'syntra-bench-raw-'));
  try {
    const files = await writeFiles(directory, rowsWanted);
    const telemetry = await openEmbeddedTelemetry({ directory });
    await migrateTelemetry(telemetry);
    const work: AtWork = {
      readCpuSeconds: () => cpuSecondsOf(process.pid),
      async countMerges() {
        const [row] = await telemetry.inspect<{ merges: number }>(
          'SELECT toFloat64(count()) AS merges FROM system.merges',
        );
        return row!.merges;
      },
    };
    await untilQuiet(work, { limitSeconds });
    const before = cpuSecondsOf(process.pid);
    for (const { path, insert } of files) await telemetry.command(insertSql(path, insert));
    const quiet = await untilQuiet(work, { limitSeconds });
    const cpuSeconds = cpuSecondsOf(process.pid) - before;
    const rows = files.reduce((sum, { insert }) => sum + insert.rowCount, 0);
    const [stored] = await telemetry.inspect<{ rows: number }>('SELECT toFloat64(count()) AS rows FROM spans');
    if (stored?.rows !== rows) throw new Error(`${stored?.rows} of ${rows} rows were stored`);
    await telemetry.close();
    return { rows, inserts: files.length, cpuSeconds, quiet };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};

interface RowsFile {
  readonly path: string;
  readonly insert: Omit<RowsInsert, 'rows'>;
}

/** The inserts into the table itself: what the sink writes besides is of our making. */
const writeFiles = async (directory: string, rowsWanted: number): Promise<RowsFile[]> => {
  const files: RowsFile[] = [];
  const write = storeRequests(
    {
      async insert({ rows, ...insert }) {
        if (insert.table !== 'spans') return;
        const path = join(directory, `${files.length}.rows`);
        await writeFile(path, Buffer.concat(rows));
        files.push({ path, insert });
      },
    },
    spansTranscoder(),
  );
  for (const records of batches(rowsWanted)) {
    const outcomes = await write({ token: `raw-${files.length}`, topic: 'otlp.spans', partition: 0, records });
    if (outcomes.length > 0) throw new Error(`A request became ${outcomes[0]!.kind}: ${outcomes[0]!.reason}`);
  }
  return files;
};

/** As full as the sink lets a batch become. */
function* batches(rowsWanted: number): Generator<LogRecord[]> {
  const { requests, renew } = openCorpus({ signals: ['traces'], recordsPerRequest });
  const startMs = Date.now();
  let batch: LogRecord[] = [];
  let bytes = 0;
  for (let offset = 0; offset * recordsPerRequest < rowsWanted; offset++) {
    const round = Math.floor(offset / requests.length);
    if (offset % requests.length === 0) renew(round);
    const { bytes: request, stamp } = requests[offset % requests.length]!;
    stamp(startMs + round);
    const value = zstdCompressSync(request);
    if (bytes + value.length > storeLimits.maxBytes || batch.length >= storeLimits.maxRecords) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    bytes += value.length;
    batch.push({ offset, timestampMs: startMs, key: '', headers: headersAt(startMs), value });
  }
  yield batch;
}

const headersAt = (receivedAtMs: number): Record<string, string> => ({
  [otlpHeaders.org]: 'org_default',
  [otlpHeaders.project]: 'prj_default',
  [otlpHeaders.receivedAt]: String(receivedAtMs),
  [otlpHeaders.retentionDays]: '30',
  [otlpHeaders.encoding]: 'zstd',
});

/** A file is a block, as it is for the sink; one thread, as for the sink. */
const insertSql = (path: string, { table, structure }: Omit<RowsInsert, 'rows'>): string =>
  `INSERT INTO ${table} (${columnNames(structure).join(', ')})
SETTINGS max_insert_threads = 1, max_insert_block_size = 10000000, min_insert_block_size_rows = 10000000,
  min_insert_block_size_bytes = 4000000000, max_threads = 1, max_block_size = 10000000, preferred_block_size_bytes = 0
SELECT * FROM file('${path}', 'Native', '${structure.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}')`;

const [rows = '200000', limitSeconds = '120'] = process.argv.slice(2);
console.log(JSON.stringify(await main(Number(rows), Number(limitSeconds))));
process.exit(0);
