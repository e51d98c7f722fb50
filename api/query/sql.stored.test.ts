import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { insertLogs, openTestStore, type TestLog, type TestStore, testTenant } from '../test-store.ts';
import { matches, type Searchable } from './match.ts';
import { parseQuery } from './parse.ts';
import { QueryError } from './query-error.ts';
import { resolve } from './resolve.ts';
import { whereOf } from './sql.ts';
import { type Column, logCountsTarget, logsTarget, metricSeriesTarget, spansTarget } from './targets.ts';

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

/** The same numbers in every run, so that what fails fails again. */
const randomOf = (seed: number) => {
  let state = seed;
  const below = (n: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >>> 8) % n;
  };
  return { below, pick: <T>(from: readonly T[]): T => from[below(from.length)]! };
};

describe('a search and a live tail', () => {
  // Few words, so that they meet often; separators, case and letters beyond ASCII, so that they meet in every way.
  const words = [
    'card',
    'Card',
    'declined',
    'cardinal',
    'é',
    'É',
    'x_y',
    'a-b',
    '500',
    '5',
    '%',
    '_',
    '\\',
    "'",
    '"',
    '日本',
    '😀',
    '',
    '\n',
    '\t',
    '.',
    '(a)',
    '*',
  ];
  const glue = [' ', '', ', ', '/', '\u00a0', '\n'];
  const numbers = [
    '200',
    '404',
    '500',
    '5e2',
    '-1',
    '+5',
    '.5',
    '5.',
    '0x10',
    'inf',
    'nan',
    'Infinity',
    '1e400',
    '500 ',
    '',
    '9223372036854775807',
    '0.25',
    'true',
  ];
  const keys = ['http.status_code', 'path', 'user id', 'größe', 'k=v', "it's", 'constructor', 'service'];
  const services = ['checkout', 'check', 'auth', 'Auth', '', 'a%b', 'a_b', 'a\\b'];
  const severities = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
  const traces = ['0'.repeat(32), 'ab'.repeat(16), '0123456789abcdef0123456789abcdef'];

  const r = randomOf(7);
  const text = (): string => Array.from({ length: r.below(5) }, () => r.pick(words)).join(r.pick(glue));
  const attributes = (): Record<string, string> =>
    Object.fromEntries(Array.from({ length: r.below(4) }, () => [r.pick(keys), r.below(2) ? r.pick(numbers) : text()]));
  const logs: (TestLog & { index: number })[] = Array.from({ length: 1500 }, (_, index) => ({
    timeMs: 1_750_000_000_000 + index,
    index,
    service: r.pick(services),
    environment: r.pick(['', 'production', 'staging']),
    version: r.pick(['', '1.2.3', '2']),
    host: r.pick(['', 'web-1', 'web-2']),
    severity: r.pick(severities),
    body: text(),
    eventName: r.pick(['', 'exception']),
    traceId: r.pick(traces),
    spanId: r.pick(['0'.repeat(16), 'ab'.repeat(8)]),
    attributes: attributes(),
    resource: attributes(),
  }));

  const zeroAsAbsent = (id: string | undefined): string => (/^0*$/.test(id!) ? '' : id!);
  const searchable = (log: TestLog): Searchable => ({
    columns: {
      service: log.service!,
      environment: log.environment!,
      version: log.version!,
      host: log.host!,
      severity: log.severity!,
      severity_number: { trace: 1, debug: 5, info: 9, warn: 13, error: 17, fatal: 21 }[log.severity!],
      severity_text: '',
      body: log.body!,
      event: log.eventName!,
      trace_id: zeroAsAbsent(log.traceId),
      span_id: zeroAsAbsent(log.spanId),
      'scope.name': '',
      'scope.version': '',
    },
    attributes: new Map(Object.entries(log.attributes!)),
    resource: new Map(Object.entries(log.resource!)),
  });

  const quoted = (value: string): string => `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
  const key = (): string =>
    r.pick([...keys.map(quoted), 'attributes.http.status_code', 'resource.path', 'http.status_code']);
  const operator = (): string => r.pick(['>', '>=', '<', '<=']);
  const pattern = (): string =>
    r.pick(['card*', '*ard', '*lin*', 'c*d', '*', '5*', 'é*', '*本', 'x_*', 'a*b', '%*', '*\\**', '\\(a*', '**']);
  const term = (): string =>
    [
      () => r.pick(['card', 'CARD', 'declined', 'é', 'É', 'x_y', 'a-b', '日本', '😀', '500', '%', 'constructor']),
      () => quoted(text()),
      pattern,
      () => `${key()}:${quoted(r.below(2) ? r.pick(numbers) : text())}`,
      () => `${key()}:${pattern()}`,
      () => `${key()}:${operator()}${r.pick(['500', '-1', '0.25', '5', '9223372036854775807'])}`,
      () => `${key()}:*`,
      () => `level:${r.pick(['error', 'WARN', 'warning', '*', 'e*', '>=warn', '<info', '>fatal', '<=trace'])}`,
      () => `severity_number:${r.pick(['9', '>=17', '<5', '*'])}`,
      () => `service:${quoted(r.pick(services))}`,
      () => `service:${r.pick(['check*', 'a%*', 'a_*', 'a\\*', '*b', '*', '(checkout OR auth)'])}`,
      () =>
        `${r.pick(['env', 'version', 'host', 'event', 'resource.service'])}:${r.pick(['production', '2', 'web-1', 'exception', '*', '""'])}`,
      () => `trace:${r.pick([traces[1], traces[2]!.toUpperCase(), '*', traces[0]])}`,
      () => `body:${r.pick(['card', '""', '*', 'card*', '"card declined"'])}`,
    ][r.below(14)]!();
  const query = (depth: number): string => {
    const kind = depth > 2 ? 0 : r.below(6);
    if (kind === 1) return `${query(depth + 1)} ${query(depth + 1)}`;
    if (kind === 2) return `(${query(depth + 1)} OR ${query(depth + 1)})`;
    if (kind === 3) return `-(${query(depth + 1)})`;
    if (kind === 4) return `NOT ${term()}`;
    return term();
  };

  test('find the same lines, whatever is asked of whatever data', async () => {
    await insertLogs(store.telemetry, logs);
    const records = logs.map(searchable);
    let [some, understood] = [0, 0];
    for (let i = 0; i < 700; i++) {
      const q = query(0);
      let condition: ReturnType<typeof resolve>;
      try {
        condition = resolve(parseQuery(q), logsTarget);
      } catch (error) {
        expect(error, q).toBeInstanceOf(QueryError);
        continue;
      }
      understood++;
      const where = whereOf(q, logsTarget);
      const { rows } = await store.telemetry.query<{ record_index: number }>({
        sql: `SELECT record_index FROM logs WHERE org = {org:String} AND project = {project:String} AND ${where.sql} ORDER BY record_index`,
        params: where.params,
        tenant: testTenant,
      });
      const stored = rows.map((row) => row.record_index);
      const tailed = logs.filter((_, at) => matches(condition, records[at]!)).map((log) => log.index);
      if (stored.join() !== tailed.join()) {
        const differing = logs.find((log) => stored.includes(log.index) !== tailed.includes(log.index))!;
        throw new Error(
          `${q}\n${where.sql}\n${JSON.stringify(where.params)}\nstored says ${stored.includes(differing.index)}: ${JSON.stringify(differing)}`,
        );
      }
      if (stored.length > 0 && stored.length < logs.length) some++;
    }
    expect(understood).toBeGreaterThan(600);
    expect(some).toBeGreaterThan(300);
  });
});

describe('indexes', () => {
  beforeAll(async () => {
    await store.telemetry.command(`INSERT INTO logs (org, project, received_at, retention_days, service, time, severity, body, attributes, resource_attributes, trace_id)
      SELECT 'org_default', 'prj_indexed', now64(3), 30, 'checkout',
        toDateTime64('2026-01-01 00:00:00', 9) + number / 1000, 'info',
        concat('line ', toString(number), if(number = 70000, ' Card declined', '')),
        map('order', toString(number)), map('host.id', toString(intDiv(number, 10000))), unhex(hex(MD5(toString(number))))
      FROM numbers(100000)`);
  });

  const granulesOf = async (q: string): Promise<{ read: number; all: number; plan: string }> => {
    const where = whereOf(q, logsTarget);
    const { rows } = await store.telemetry.query<{ explain: string }>({
      sql: `EXPLAIN indexes = 1 SELECT count() FROM logs WHERE org = {org:String} AND project = {project:String} AND ${where.sql}`,
      params: where.params,
      tenant: { org: 'org_default', project: 'prj_indexed' },
    });
    const plan = rows.map((row) => row.explain).join('\n');
    const granules = [...plan.matchAll(/Granules: (\d+)\/(\d+)/g)];
    return { read: Number(granules.at(-1)![1]), all: Number(granules[0]![2]), plan };
  };

  test.each([
    ['declined', 'body_text'],
    ['"card declined"', 'body_text'],
    ['order:5000', 'attribute_items_text'],
    ['attributes.order:5000', 'attribute_items_text'],
    ['resource.host.id:3', 'resource_items_text'],
    ['order:5000 level:info', 'attribute_items_text'],
    ['level:error', 'severity_set'],
    ['trace_id:00000000000000000000000000000001', 'trace_id_bloom'],
  ])('%s reads few granules, by %s', async (q, index) => {
    const { read, all, plan } = await granulesOf(q);
    expect(plan).toContain(index);
    expect(all).toBeGreaterThan(10);
    expect(read, plan).toBeLessThanOrEqual(3);
  });

  test('a filter on an attribute never loads the maps', async () => {
    const { plan } = await granulesOf('order:5000 resource.host.id:0');
    expect(plan).toMatch(/__text_index_attribute_items_text_has/);
    expect(plan).toMatch(/__text_index_resource_items_text_has/);
  });
});

test.each([
  [logsTarget, 'logs'],
  [spansTarget, 'spans'],
  [metricSeriesTarget, 'metric_series'],
  [logCountsTarget, 'log_counts'],
])('every field of $name can be asked for in every way', async (target, table) => {
  const valuesOf: Readonly<Record<Column['kind'], readonly string[]>> = {
    text: ['word', '"two words"', 'wo*', '*'],
    string: ['value', 'va*', '*'],
    number: ['5', '>=5', '*'],
    duration: ['250ms', '>1.5s', '*'],
    id: ['*'],
    choice: ['*'],
  };
  const queries = [
    '',
    ...(target === logCountsTarget ? [] : ['word', '-wo*', 'key:v', 'key:v*', 'key:>=5', 'resource.key:*']),
  ];
  for (const [name, column] of target.columns) {
    queries.push(...valuesOf[column.kind].map((value) => `${name}:${value}`));
    if (column.kind === 'id') queries.push(`${name}:${'a1'.repeat(column.bytes)}`);
    if (column.kind === 'choice') queries.push(`${name}:${column.values[0]}`, `-${name}:${column.values.at(-1)}`);
  }
  for (const query of queries) {
    const where = whereOf(query, target);
    const run = store.telemetry.query({
      sql: `SELECT count() FROM ${table} WHERE org = {org:String} AND project = {project:String} AND ${where.sql}`,
      params: where.params,
      tenant: testTenant,
    });
    await expect(run, `${query} as ${where.sql}`).resolves.toBeDefined();
  }
});

test('what a user writes is never SQL', () => {
  const hostile = `service:"'; DROP TABLE logs; --" "{org:String}" k:"') OR 1=1"`;
  const { sql, params } = whereOf(hostile, logsTarget);
  expect(sql).not.toMatch(/DROP|1=1|\{org/);
  expect(Object.values(params).flat().join(' ')).toContain('DROP TABLE logs');
});
