/** What the tables hold of what was sent, by its ids: how many records, and how many different ones. */
import type { Inspect } from '../docs/faults/checker.ts';
import type { Signal } from './corpus-file.ts';

export interface Stored {
  readonly rows: number;
  readonly distinct: number;
}

/** The markers of `freshness.ts` among them. Log records and points are told apart by their times: see `identities.ts`. */
export const countStored = async (inspect: Inspect): Promise<Readonly<Record<Signal, Stored>>> => {
  const stored = {} as Record<Signal, Stored>;
  for (const [signal, { from, id }] of Object.entries(tables) as [Signal, Table][]) {
    const [{ rows }] = (await inspect(`SELECT toFloat64(count()) AS rows FROM ${from}`)) as [{ rows: number }];
    let distinct = 0;
    // In slices: the ids of ten minutes at full speed do not fit into the memory of a small machine.
    const slices = Math.max(1, Math.ceil(rows / rowsPerSlice));
    for (let i = 0; i < slices; i++) {
      const sql = `SELECT toFloat64(uniqExact(${id})) AS ids FROM ${from} WHERE sipHash64(${id}) % ${slices} = ${i}`;
      const [{ ids }] = (await inspect(sql)) as [{ ids: number }];
      distinct += ids;
    }
    stored[signal] = { rows, distinct };
  }
  return stored;
};

interface Table {
  readonly from: string;
  readonly id: string;
}

/** Of the project that everybody has: what Syntra says of itself is in another. */
const project = "project = 'prj_default'";
const tables: Readonly<Record<Signal, Table>> = {
  traces: { from: `(SELECT trace_id, span_id FROM spans WHERE ${project})`, id: 'trace_id, span_id' },
  logs: { from: `(SELECT time_unix_nano FROM logs WHERE ${project})`, id: 'time_unix_nano' },
  metrics: {
    from: `(SELECT series, time FROM metric_samples WHERE ${project}
      UNION ALL SELECT series, time FROM metric_distributions WHERE ${project})`,
    id: 'series, time',
  },
};

const rowsPerSlice = 10_000_000;

/** What is wrong with it, in a sentence; undefined when every acknowledged record is there once. */
export const whatIsLost = (
  acknowledged: Readonly<Record<Signal, number>>,
  stored: Readonly<Record<Signal, Stored>>,
): string | undefined => {
  const wrong = (Object.keys(stored) as Signal[]).filter(
    (signal) => stored[signal].rows !== acknowledged[signal] || stored[signal].distinct !== acknowledged[signal],
  );
  if (wrong.length === 0) return undefined;
  return wrong
    .map((name) => `${name}: ${acknowledged[name]} acknowledged, ${stored[name].rows} rows of ${stored[name].distinct}`)
    .join('; ');
};
