/**
 * How many bytes a span and a log record take on disk, on the demo's own traffic and after nothing but the merges that
 * ClickHouse does by itself: `node bench/stored-size.ts [--minutes 10] [--rate 200]`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Inspect } from '../docs/faults/checker.ts';
import { startShop } from '../docs/shop/shop.ts';
import { atWork, limitSecondsAfter } from './drive.ts';
import { startEmbeddedSystem } from './embedded-system.ts';
import { noteOf, untilQuiet } from './quiet.ts';
import { isQuick, report } from './results.ts';

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: isQuick ? '0.1' : '10' },
    rate: { type: 'string', default: isQuick ? '30' : '200' },
    quick: { type: 'boolean' },
    record: { type: 'boolean' },
  },
});

const main = async (): Promise<void> => {
  const system = await startEmbeddedSystem();
  try {
    const shop = await startShop({ otlpHttpUrl: system.otlpHttpUrl, requestsPerSecond: Number(options.rate) });
    try {
      await sleep(Number(options.minutes) * 60_000);
    } finally {
      await shop.stop();
    }
    await system.untilStored();
    const limitSeconds = limitSecondsAfter(60 * Number(options.minutes));
    const note = noteOf(await untilQuiet(atWork(system), { limitSeconds }));
    const tables = await system.inspect(readTables);
    reportTable(tables, 'spans', 'span', 60, note);
    reportTable(tables, 'logs', 'log record', 25, note);
  } finally {
    await system.close();
  }
};

interface Table {
  readonly name: string;
  readonly rows: number;
  readonly parts: number;
  /** Columns and indexes, compressed. */
  readonly bytes: number;
  /** Of the indexes alone. */
  readonly indexBytes: number;
}

const readTables = (inspect: Inspect): Promise<Table[]> =>
  inspect<Table>(`SELECT table AS name, toFloat64(sum(rows)) AS rows, toFloat64(count()) AS parts,
      toFloat64(sum(bytes_on_disk)) AS bytes, toFloat64(sum(secondary_indices_compressed_bytes)) AS indexBytes
    FROM system.parts WHERE active AND database = currentDatabase() GROUP BY table ORDER BY bytes DESC`);

const reportTable = (
  tables: readonly Table[],
  table: string,
  record: string,
  target: number,
  note: string | undefined,
): void => {
  const found = tables.find(({ name }) => name === table);
  if (found === undefined || found.rows === 0) throw new Error(`There are no rows in ${table}.`);
  const { rows, parts, bytes, indexBytes } = found;
  const unit = `bytes per ${record}`;
  report({ name: `stored-size.${table}`, values: bytes / rows, unit, target: { atMost: target }, note });
  report({ name: `stored-size.${table}.indexes`, values: indexBytes / rows, unit: `${unit}, within the above`, note });
  console.log(`  ${rows} rows in ${parts} parts`);
  const derived = tables.filter(({ name }) => derivedFrom[table]!.includes(name));
  for (const { name, bytes: size } of derived) console.log(`  ${(size / rows).toFixed(2)} ${unit} in ${name}`);
  report({
    name: `stored-size.${table}.derived`,
    values: derived.reduce((sum, { bytes: size }) => sum + size, 0) / rows,
    unit: `${unit}, in tables made of them`,
    note,
  });
};

/** Facets are of both, and counted with the spans. */
const derivedFrom: Readonly<Record<string, readonly string[]>> = {
  spans: ['traces', 'red', 'red_rollups', 'red_services', 'facets'],
  logs: ['log_counts'],
};

await main();
