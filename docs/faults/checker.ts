/**
 * Looks up what became of every number: an acknowledged one must be there, and none may be there twice. And every view
 * must say of the rows what the rows themselves say.
 */
import type { Ledger } from './ledger.ts';
import { metricOf, numberAttribute, runAttribute } from './numbered-requests.ts';

/** Runs one SELECT. */
export type Inspect = <Row>(sql: string) => Promise<Row[]>;

export interface Findings {
  readonly acknowledged: number;
  /** Acknowledged and not stored. */
  readonly missing: readonly number[];
  /** Stored more than once, acknowledged or not. */
  readonly double: readonly number[];
  /** Stored although nobody was told so: their senders had no answer. */
  readonly unacknowledgedButStored: number;
  /** What is wrong besides, each in a sentence: views that disagree, rows that are not as they were sent. */
  readonly disagreements: readonly string[];
}

export const check = async (inspect: Inspect, run: string, ledger: Ledger): Promise<Findings> => {
  const copies = new Uint8Array(ledger.count);
  const disagreements: string[] = [];
  for (let from = 0; from < ledger.count; from += pageSize) {
    for (const row of await inspect<{ number: number; copies: number }>(storedSql(run, from, from + pageSize))) {
      copies[row.number] = Math.min(255, row.copies);
    }
  }
  const [strange] = await inspect<{ rows: number }>(storedCountSql(run, ledger.count));
  if (strange!.rows > 0) disagreements.push(`${strange!.rows} rows have numbers that were never given`);
  const [altered] = await inspect<{ rows: number }>(alteredSql(run));
  if (altered!.rows > 0) disagreements.push(`${altered!.rows} rows are not as they were sent`);
  for (const { name, sql } of views) {
    const different = await inspect<object>(sql);
    if (different.length === 0) continue;
    const examples = different.slice(0, 3).map((row) => JSON.stringify(row));
    disagreements.push(`${name} disagrees with the rows in ${different.length} places: ${examples.join(', ')}`);
  }
  const missing: number[] = [];
  const double: number[] = [];
  let unacknowledgedButStored = 0;
  for (let number = 0; number < ledger.count; number++) {
    const isAcknowledged = ledger.isAcknowledged(number);
    if (isAcknowledged && copies[number] === 0) missing.push(number);
    if (copies[number]! > 1) double.push(number);
    if (!isAcknowledged && copies[number]! > 0) unacknowledgedButStored++;
  }
  return { acknowledged: ledger.acknowledgedCount, missing, double, unacknowledgedButStored, disagreements };
};

const pageSize = 250_000;

/** Runs are named by us: letters and digits. */
const numbers = (run: string): string => `(
  SELECT toUInt32OrDefault(attributes['${numberAttribute}'], toUInt32(4294967295)) AS number
  FROM spans WHERE resource_attributes['${runAttribute}'] = '${run}'
  UNION ALL
  SELECT toUInt32OrDefault(attributes['${numberAttribute}'], toUInt32(4294967295)) AS number
  FROM logs WHERE resource_attributes['${runAttribute}'] = '${run}'
  UNION ALL
  SELECT toUInt32(value_int) AS number FROM metric_samples WHERE metric = '${metricOf(run)}')`;

const storedSql = (run: string, from: number, to: number): string =>
  `SELECT number, toUInt32(count()) AS copies FROM ${numbers(run)} WHERE number >= ${from} AND number < ${to} GROUP BY number`;

const storedCountSql = (run: string, from: number): string =>
  `SELECT toUInt32(count()) AS rows FROM ${numbers(run)} WHERE number >= ${from}`;

const alteredSql = (run: string): string => `SELECT toUInt32(
  (SELECT count() FROM spans WHERE resource_attributes['${runAttribute}'] = '${run}'
    AND hex(span_id) != leftPad(hex(toUInt64OrZero(attributes['${numberAttribute}']) + 1), 16, '0'))
  + (SELECT count() FROM logs WHERE resource_attributes['${runAttribute}'] = '${run}'
    AND body != concat('record ', attributes['${numberAttribute}'], ' of run ${run}'))) AS rows`;

/** Rows of `truth` and of `view` that do not say the same under the same key. */
const compare = (name: string, keys: string, figures: readonly string[], truth: string, view: string) => ({
  name,
  sql: `SELECT ${keys}, ${figures.map((f) => `toString(truth.${f}) AS ${f}_of_rows, toString(told.${f}) AS ${f}_of_view`).join(', ')}
FROM (${truth} GROUP BY ${keys}) AS truth FULL OUTER JOIN (${view} GROUP BY ${keys}) AS told USING (${keys})
WHERE ${figures.map((f) => `truth.${f} != told.${f}`).join(' OR ')} LIMIT 1000`,
});

const start =
  "toDateTime(intDiv(toUnixTimestamp(start_time), 60 * grain_minutes) * 60 * grain_minutes, 'UTC') AS start";
/** Each attribute of each row, as the keys and values that facets count. */
const attributesOf = (table: string, time: string, signal: string, scope: string, map: string): string =>
  `SELECT project, '${signal}' AS signal, toStartOfHour(${time}) AS hour, '${scope}' AS scope, key, value
   FROM ${table} ARRAY JOIN mapKeys(${map}) AS key, mapValues(${map}) AS value`;
const allAttributes = `(
  ${attributesOf('spans', 'start_time', 'spans', 'record', 'attributes')} UNION ALL
  ${attributesOf('spans', 'start_time', 'spans', 'resource', 'resource_attributes')} UNION ALL
  ${attributesOf('logs', 'time', 'logs', 'record', 'attributes')} UNION ALL
  ${attributesOf('logs', 'time', 'logs', 'resource', 'resource_attributes')})`;
const facetKeys = 'project, signal, hour, scope, key';

/** Which values are listed depends on what came together in a block; but none may be said to be there more often than it is. */
const listedTooOften = {
  name: 'facets, by value,',
  sql: `SELECT ${facetKeys}, value, toString(truth.n) AS n_of_rows, toString(told.n) AS n_of_view
FROM (SELECT project, toString(signal) AS signal, hour, toString(scope) AS scope, key, value, sum(rows) AS n
  FROM facets WHERE value != '' GROUP BY ${facetKeys}, value) AS told
LEFT JOIN (SELECT ${facetKeys}, value, count() AS n FROM ${allAttributes}
  WHERE (key, value) IN (SELECT key, value FROM facets WHERE value != '') GROUP BY ${facetKeys}, value) AS truth
USING (${facetKeys}, value)
WHERE told.n > truth.n LIMIT 1000`,
};

const views: readonly { readonly name: string; readonly sql: string }[] = [
  compare(
    'traces',
    'project, trace_id',
    ['spans', 'errors'],
    `SELECT project, trace_id, count() AS spans, countIf(status = 'error') AS errors FROM spans`,
    'SELECT project, trace_id, sum(span_count) AS spans, sum(error_count) AS errors FROM traces',
  ),
  compare(
    'red',
    'project, minute, service, name',
    ['n', 'failed', 'duration'],
    `SELECT project, toStartOfMinute(start_time) AS minute, service, name,
      count() AS n, countIf(status = 'error') AS failed, sum(duration_ns) AS duration FROM spans`,
    'SELECT project, minute, service, name, sum(calls) AS n, sum(errors) AS failed, sum(duration_ns_sum) AS duration FROM red',
  ),
  compare(
    'red_rollups',
    'project, grain_minutes, start, service, name',
    ['n', 'failed', 'duration'],
    `SELECT project, grain_minutes, ${start}, service, name,
      count() AS n, countIf(status = 'error') AS failed, sum(duration_ns) AS duration
      FROM spans ARRAY JOIN CAST([10, 60], 'Array(UInt8)') AS grain_minutes`,
    `SELECT project, grain_minutes, start, service, name,
      sum(calls) AS n, sum(errors) AS failed, sum(duration_ns_sum) AS duration FROM red_rollups`,
  ),
  compare(
    'red_services',
    'project, grain_minutes, start, service',
    // Of all spans how many there are, and the rest of those that begin the work of a service.
    ['all', 'n', 'failed', 'duration'],
    `SELECT project, grain_minutes, ${start}, service, count() AS all, countIf(entry) AS n,
      countIf(entry AND status = 'error') AS failed, sumIf(duration_ns, entry) AS duration
      FROM (SELECT *, kind IN ('server', 'consumer') OR parent_span_id = toFixedString('', 8) AS entry FROM spans)
      ARRAY JOIN CAST([1, 10, 60], 'Array(UInt8)') AS grain_minutes`,
    `SELECT project, grain_minutes, start, service, sum(spans) AS all,
      sum(calls) AS n, sum(errors) AS failed, sum(duration_ns_sum) AS duration FROM red_services`,
  ),
  compare(
    'log_counts',
    'project, minute, service, severity',
    ['n'],
    'SELECT project, toStartOfMinute(time) AS minute, service, severity, count() AS n FROM logs',
    'SELECT project, minute, service, severity, sum(lines) AS n FROM log_counts',
  ),
  // Of a key, what is not listed is counted too: how many rows have it, and how many of those a value.
  compare(
    'facets',
    facetKeys,
    ['n', 'valued'],
    `SELECT ${facetKeys}, count() AS n, countIf(value != '') AS valued FROM ${allAttributes}`,
    `SELECT project, toString(signal) AS signal, hour, toString(scope) AS scope, key,
      sum(rows) AS n, sum(if(value != '', rows, unlisted)) AS valued FROM facets`,
  ),
  listedTooOften,
  compare(
    'metric_series',
    'project, metric, series',
    ['n'],
    `SELECT project, metric, series, count() AS n FROM (SELECT project, metric, series FROM metric_samples
      UNION ALL SELECT project, metric, series FROM metric_distributions)`,
    'SELECT project, metric, series, sum(points) AS n FROM metric_series',
  ),
];
