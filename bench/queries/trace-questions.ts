/** Questions about spans: traces by id and by search, and the figures of services. */
import { type Dataset, services, sessionIdOf, tenants, traceIdOf, tracesOf, usersOf } from './dataset.ts';
import type { Question } from './question.ts';
import type { Random } from './random.ts';
import { anyRange, inSql, inUrl, type Range, wholeDay } from './ranges.ts';

const inProject = 'projects/prj_default';

/** Trace ids of the newest spans that match. Ours has to tell each trace's spans, errors and services besides. */
const otelTraces = (range: Range, where: string): string => `
  SELECT TraceId, Timestamp, ServiceName, SpanName, Duration FROM otel.otel_traces
  WHERE ${inSql(range)} AND ${where} ORDER BY Timestamp DESC LIMIT 1 BY TraceId LIMIT 20`;

const traceById = (traceId: string): string => `
  WITH (SELECT min(Start) FROM otel.otel_traces_trace_id_ts WHERE TraceId = '${traceId}') AS first,
    (SELECT max(End) + 1 FROM otel.otel_traces_trace_id_ts WHERE TraceId = '${traceId}') AS last
  SELECT * FROM otel.otel_traces
  WHERE TraceId = '${traceId}' AND Timestamp >= first AND Timestamp <= last ORDER BY Timestamp`;

export const traceQuestions: readonly Question[] = [
  {
    name: 'trace',
    targetMs: 60,
    ask: (dataset, random) => {
      const traceId = traceIdOf(random.number(tracesOf(dataset)));
      return { path: `traces/${traceId}`, otel: traceById(traceId), holds: 'spans' };
    },
  },
  {
    name: 'trace.missing',
    ask: (dataset, random) => {
      const traceId = traceIdOf(tracesOf(dataset) + random.number(1e9));
      return { path: `traces/${traceId}`, otel: traceById(traceId), status: 404 };
    },
  },
  {
    name: 'traces.duration',
    targetMs: 150,
    ask: (dataset, random) => {
      const range = anyRange(dataset, random);
      const service = random.pick(services);
      const minDurationMs = random.pick([20, 50, 100, 150, 200, 250]);
      return {
        path: `${inProject}/traces?${inUrl(range)}&service=${service}&minDurationMs=${minDurationMs}&limit=20`,
        otel: otelTraces(range, `ServiceName = '${service}' AND Duration >= ${minDurationMs * 1e6}`),
        holds: 'traces',
      };
    },
  },
  {
    name: 'traces.slowest',
    ask: (dataset, random) => {
      const range = anyRange(dataset, random);
      const service = random.pick(services);
      return {
        path: `${inProject}/traces?${inUrl(range)}&service=${service}&order=slowest&limit=20`,
        otel: `SELECT TraceId, Timestamp, Duration FROM otel.otel_traces
          WHERE ${inSql(range)} AND ServiceName = '${service}' ORDER BY Duration DESC LIMIT 1 BY TraceId LIMIT 20`,
        holds: 'traces',
      };
    },
  },
  {
    name: 'traces.attribute',
    targetMs: 250,
    ask: (dataset, random, call) => {
      const range = wholeDay(dataset, random);
      const [key, choose] = attributes[call % attributes.length]!;
      const value = choose(dataset, random);
      return {
        kind: key,
        path: `${inProject}/traces?${inUrl(range)}&q=${encodeURIComponent(`${key}:"${value}"`)}&limit=20`,
        otel: otelTraces(range, `SpanAttributes['${key}'] = '${value}'`),
        holds: 'traces',
      };
    },
  },
  {
    name: 'traces.number',
    ask: (dataset, random) => {
      const range = wholeDay(dataset, random);
      const atLeast = random.pick([50, 100, 150, 190]);
      return {
        path: `${inProject}/traces/histogram?${inUrl(range)}&q=${encodeURIComponent(`db.response.returned_rows:>=${atLeast}`)}`,
        otel: `SELECT toStartOfInterval(Timestamp, INTERVAL 15 MINUTE) AS step, roundDown(Duration, [0, 1000000, 10000000, 100000000]) AS bucket, count()
          FROM otel.otel_traces WHERE ${inSql(range)} AND toFloat64OrZero(SpanAttributes['db.response.returned_rows']) >= ${atLeast} GROUP BY step, bucket`,
        holds: 'total',
      };
    },
  },
  {
    name: 'traces.histogram',
    ask: (dataset, random) => {
      const range = wholeDay(dataset, random);
      const service = random.pick(services);
      return {
        path: `${inProject}/traces/histogram?${inUrl(range)}&service=${service}`,
        otel: `SELECT toStartOfInterval(Timestamp, INTERVAL 15 MINUTE) AS step, roundDown(Duration, [0, 1000000, 10000000, 100000000]) AS bucket, count()
          FROM otel.otel_traces WHERE ${inSql(range)} AND ServiceName = '${service}' GROUP BY step, bucket`,
        holds: 'total',
      };
    },
  },
  {
    name: 'services',
    targetMs: 100,
    ask: (dataset, random) => {
      const range = wholeDay(dataset, random);
      return {
        path: `${inProject}/services?${inUrl(range)}`,
        otel: `SELECT ServiceName, count() AS calls, countIf(StatusCode = 'Error') AS errors, quantiles(0.5, 0.95, 0.99)(Duration)
          FROM otel.otel_traces WHERE ${inSql(range)} AND SpanKind IN ('Server', 'Consumer') GROUP BY ServiceName ORDER BY calls DESC`,
        holds: 'services',
      };
    },
  },
  {
    name: 'service-map',
    ask: (dataset, random) => {
      const range = wholeDay(dataset, random);
      return { path: `${inProject}/service-map?${inUrl(range)}`, holds: 'edges' };
    },
  },
  {
    name: 'traces.facets',
    ask: (dataset, random) => {
      const range = anyRange(dataset, random);
      const q = encodeURIComponent(`service:${random.pick(services)}`);
      // What is beside the columns follows from the table of facets.
      return { path: `${inProject}/traces/facets?${inUrl(range)}&q=${q}`, holds: 'facets', anyway: columnsOfSpans };
    },
  },
  {
    name: 'traces.complete',
    ask: (dataset, random) => {
      const range = wholeDay(dataset, random);
      const q = `${random.pick(['http.route', 'db.collection.name', 'server.address', 'user_agent.original'])}:`;
      return {
        path: `${inProject}/complete?signal=spans&${inUrl(range)}&q=${encodeURIComponent(q)}&cursor=${q.length}`,
        holds: 'suggestions',
      };
    },
  },
];

/** Facets that every list of traces has: service, name, kind, status, environment and version. */
const columnsOfSpans = 6;

/** Of one trace, of some, of many, and of nearly all. */
const attributes: readonly (readonly [key: string, choose: (dataset: Dataset, random: Random) => string])[] = [
  ['session.id', (dataset, random) => sessionIdOf(random.number(tracesOf(dataset)))],
  ['user.id', (dataset, random) => `user-${random.number(usersOf(dataset))}`],
  ['tenant.id', (_, random) => `tenant-${random.number(tenants)}`],
  ['http.response.status_code', (_, random) => random.pick(['200', '404', '500', '503'])],
  ['network.peer.address', (_, random) => `10.8.${random.number(services.length)}.${random.number(4)}`],
  ['db.query.text', (_, random) => `SELECT ${random.pick(['orders', 'items'])} WHERE id = $1 AND state = $2`],
];
