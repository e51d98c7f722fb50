/** What a query can ask of each kind of row: well-known fields, where free words are looked for, where attributes are. */

export type Column =
  /** Running text: matched word by word, whatever the case. */
  | { readonly kind: 'text'; readonly sql: string }
  | { readonly kind: 'string'; readonly sql: string }
  | { readonly kind: 'number'; readonly sql: string }
  /** Nanoseconds; compared with `250ms`, `1.5s`. */
  | { readonly kind: 'duration'; readonly sql: string }
  /** Bytes, written as hexadecimal digits. */
  | { readonly kind: 'id'; readonly sql: string; readonly bytes: 8 | 16 }
  /** One of few. `also` maps other spellings to them. With `ordered`, later ones are greater. */
  | {
      readonly kind: 'choice';
      readonly sql: string;
      readonly values: readonly string[];
      readonly also: Readonly<Record<string, string>>;
      readonly ordered: boolean;
    };

export interface AttributeColumn {
  readonly map: string;
  /** An array of `key=value` under a text index, where the table has one: a filter then never loads the map. */
  readonly items: string | undefined;
}

export interface Target {
  readonly name: string;
  readonly columns: ReadonlyMap<string, Column>;
  /** Other names of the columns above. */
  readonly aliases: ReadonlyMap<string, string>;
  /** Names of the columns that free words are looked for in. */
  readonly words: readonly string[];
  readonly attributes: AttributeColumn;
  readonly resource: AttributeColumn;
}

const string = (sql: string): Column => ({ kind: 'string', sql });
const choice = (sql: string, values: readonly string[], also: Readonly<Record<string, string>> = {}): Column => ({
  kind: 'choice',
  sql,
  values,
  also,
  ordered: false,
});

const common: readonly (readonly [string, Column])[] = [
  ['service', string('service')],
  ['environment', string('environment')],
  ['version', string('version')],
  ['host', string('host')],
  ['scope.name', string('scope_name')],
  ['scope.version', string('scope_version')],
];

/** Short forms, and the semantic conventions whose values have columns of their own. */
const commonAliases: readonly (readonly [string, string])[] = [
  ['service.name', 'service'],
  ['env', 'environment'],
  ['deployment.environment', 'environment'],
  ['deployment.environment.name', 'environment'],
  ['service.version', 'version'],
  ['host.name', 'host'],
  ['scope', 'scope.name'],
  ['trace', 'trace_id'],
  ['traceId', 'trace_id'],
  ['span', 'span_id'],
  ['spanId', 'span_id'],
];

const indexed = {
  attributes: { map: 'attributes', items: 'attribute_items' },
  resource: { map: 'resource_attributes', items: 'resource_items' },
};

export const logsTarget: Target = {
  name: 'logs',
  columns: new Map<string, Column>([
    [
      'severity',
      {
        kind: 'choice',
        sql: 'severity',
        values: ['trace', 'debug', 'info', 'warn', 'error', 'fatal'],
        also: { warning: 'warn', err: 'error', critical: 'fatal', crit: 'fatal', information: 'info', dbg: 'debug' },
        ordered: true,
      },
    ],
    ['severity_number', { kind: 'number', sql: 'severity_number' }],
    ['severity_text', string('severity_text')],
    ['body', { kind: 'text', sql: 'body' }],
    ['event', string('event_name')],
    ['trace_id', { kind: 'id', sql: 'trace_id', bytes: 16 }],
    ['span_id', { kind: 'id', sql: 'span_id', bytes: 8 }],
    ...common,
  ]),
  aliases: new Map([
    ...commonAliases,
    ['level', 'severity'],
    ['msg', 'body'],
    ['message', 'body'],
    ['event_name', 'event'],
    ['eventName', 'event'],
  ]),
  words: ['body'],
  ...indexed,
};

export const spansTarget: Target = {
  name: 'spans',
  columns: new Map<string, Column>([
    ['name', string('name')],
    ['status', choice('status', ['unset', 'ok', 'error'], { err: 'error' })],
    ['status_message', { kind: 'text', sql: 'status_message' }],
    ['kind', choice('kind', ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'])],
    ['duration', { kind: 'duration', sql: 'duration_ns' }],
    ['entry', choice('toString(entry)', ['true', 'false'])],
    ['trace_id', { kind: 'id', sql: 'trace_id', bytes: 16 }],
    ['span_id', { kind: 'id', sql: 'span_id', bytes: 8 }],
    ['parent_span_id', { kind: 'id', sql: 'parent_span_id', bytes: 8 }],
    ...common,
  ]),
  aliases: new Map([
    ...commonAliases,
    ['operation', 'name'],
    ['op', 'name'],
    ['parent', 'parent_span_id'],
    ['level', 'status'],
  ]),
  words: ['name', 'status_message', 'service'],
  ...indexed,
};

/** Over `metric_series`, whose maps have no index: a project has thousands of series, not billions. */
export const metricSeriesTarget: Target = {
  name: 'metrics',
  columns: new Map<string, Column>([['metric', string('metric')], ...common]),
  aliases: new Map([...commonAliases, ['name', 'metric']]),
  words: ['metric'],
  attributes: { map: 'attributes', items: undefined },
  resource: { map: 'resource_attributes', items: undefined },
};

/** Over `log_counts`: a histogram filtered by these two alone never reads log rows. */
export const logCountsTarget: Target = {
  ...logsTarget,
  name: 'log counts',
  columns: new Map(['service', 'severity'].map((name) => [name, logsTarget.columns.get(name)!])),
  words: [],
};
