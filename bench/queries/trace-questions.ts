/** Questions about spans: traces by id and by search, and the figures of services. */
import { type Dataset, services, sessionIdOf, tenants, traceIdOf, tracesOf, users } from './dataset.ts';
import type { Question } from './questions.ts';
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
    ask: (dataset, random) => {
      const range = wholeDay(dataset, random);
      const [key, value] = attribute(dataset, random);
      return {
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
];

/** One that a trace has, one that some have, one that many have. */
const attribute = (dataset: Dataset, random: Random): [string, string] =>
  random.pick<() => [string, string]>([
    () => ['session.id', sessionIdOf(random.number(tracesOf(dataset)))],
    () => ['user.id', `user-${random.number(users)}`],
    () => ['tenant.id', `tenant-${random.number(tenants)}`],
    () => ['http.response.status_code', random.pick(['200', '404', '500', '503'])],
    () => ['network.peer.address', `10.8.${random.number(services.length)}.${random.number(4)}`],
    () => ['db.query.text', `SELECT ${random.pick(['orders', 'items'])} WHERE id = $1 AND state = $2`],
  ])();
