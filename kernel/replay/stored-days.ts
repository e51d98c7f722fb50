/** The rows of a sink by day of arrival: which there are, and their removal. Tables are asked for, not listed here. */
import type { SinkRows } from '../processor.ts';
import type { Telemetry } from '../telemetry/client.ts';

export interface StoredDays {
  /** Every table that holds rows of the sink. */
  readonly tables: readonly string[];
  /** Days of arrival from `firstDay` on that have rows, like 2026-11-20, in order. */
  daysFrom(firstDay: string): Promise<readonly string[]>;
  /** When the first row of these days was received, Unix milliseconds; undefined when there is none. */
  firstReceivedMs(firstDay: string): Promise<number | undefined>;
  /** Removes what arrived from `firstDay` on. Can be repeated after a crash. */
  removeFrom(firstDay: string): Promise<void>;
}

/** @throws Error when a table that others fill as well has rows of the sink and nobody says which: a mistake of ours. */
export const storedDaysOf = async (
  telemetry: Pick<Telemetry, 'command' | 'inspect'>,
  { table: root, shared = {} }: SinkRows,
): Promise<StoredDays> => {
  const { tables, alsoFilledByOthers } = await tablesFrom(telemetry, root);
  const unclear = alsoFilledByOthers.find((table) => shared[table] === undefined);
  if (unclear !== undefined) {
    throw new Error(`${unclear} is filled from others than ${root} too: say in the sink which of its rows are whose.`);
  }
  const whole = tables.filter((table) => shared[table] === undefined);
  const timed = await telemetry.inspect<{ table: string }>(
    `SELECT table FROM system.columns WHERE database = currentDatabase() AND name = 'received_at' AND table IN (${quoteAll(whole)})`,
  );

  const partitionsOf = async (names: readonly string[], firstDay: string) => {
    if (names.length === 0) return [];
    return telemetry.inspect<{ table: string; day: string }>(
      `SELECT DISTINCT table, partition AS day FROM system.parts
       WHERE database = currentDatabase() AND active AND rows > 0 AND partition >= '${firstDay}' AND table IN (${quoteAll(names)})
       ORDER BY day, table`,
    );
  };

  return {
    tables: [...new Set([...tables, ...Object.keys(shared)])],
    async daysFrom(firstDay) {
      return [...new Set((await partitionsOf(whole, firstDay)).map(({ day }) => day))];
    },
    async firstReceivedMs(firstDay) {
      const firsts: number[] = [];
      for (const { table } of timed) {
        const [row] = await telemetry.inspect<{ rows: string; first: string }>(
          `SELECT toString(count()) AS rows, toString(toUnixTimestamp64Milli(min(received_at))) AS first
           FROM ${table} WHERE toDate(received_at) >= '${firstDay}'`,
        );
        if (row && row.rows !== '0') firsts.push(Number(row.first));
      }
      return firsts.length === 0 ? undefined : Math.min(...firsts);
    },
    async removeFrom(firstDay) {
      for (const { table, day } of await partitionsOf(whole, firstDay)) {
        await telemetry.command(`ALTER TABLE ${table} DROP PARTITION '${day}'`);
      }
      for (const { table, day } of await partitionsOf(Object.keys(shared), firstDay)) {
        // mutations_sync: answered when the rows are gone.
        await telemetry.command(
          `ALTER TABLE ${table} DELETE IN PARTITION '${day}' WHERE ${shared[table]} SETTINGS mutations_sync = 2`,
        );
      }
    },
  };
};

interface TableRow {
  readonly name: string;
  readonly engine: string;
  readonly views: readonly string[];
  readonly definition: string;
}

/** The table, what its views fill, what the views of those fill, and so on; without tables that keep nothing. */
const tablesFrom = async (telemetry: Pick<Telemetry, 'inspect'>, root: string) => {
  const rows = await telemetry.inspect<TableRow>(
    `SELECT name, engine, dependencies_table AS views, create_table_query AS definition
     FROM system.tables WHERE database = currentDatabase()`,
  );
  const byName = new Map(rows.map((row) => [row.name, row]));
  const viewsOf = (row: TableRow | undefined) => (row?.views ?? []).flatMap((view) => byName.get(view) ?? []);
  if (!byName.has(root)) throw new Error(`There is no table ${root}.`);
  const found = new Set([root]);
  // A set is walked to what is added on the way.
  for (const name of found) {
    for (const view of viewsOf(byName.get(name))) found.add(targetOf(view));
  }
  const others = rows.filter(({ name }) => !found.has(name));
  const filledByOthers = new Set(others.flatMap(viewsOf).map(targetOf));
  return {
    tables: [...found].filter((name) => byName.get(name)!.engine !== 'Null'),
    alsoFilledByOthers: [...found].filter((name) => filledByOthers.has(name)),
  };
};

const targetOf = ({ name, definition }: TableRow): string => {
  const target = /^CREATE MATERIALIZED VIEW \S+ TO (?:[^\s.]+\.)?`?(\w+)`?/.exec(definition);
  if (!target) throw new Error(`The view ${name} keeps its rows itself: give it a table with TO.`);
  return target[1]!;
};

/** Names of our own tables. */
const quoteAll = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ');
