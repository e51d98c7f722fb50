/** The routes of metrics over a store of their own, for tests: real ones, whose answers are checked against the contract. */
import { expect } from 'vitest';
import type { z } from 'zod';
import { type Answer, contract, type RouteName } from '../contract.ts';
import { buildTestServer } from '../test-server.ts';
import { openTestStore } from '../test-store.ts';
import { getMetric } from './detail.ts';
import { listMetrics, listServiceMetrics } from './names.ts';
import { listMetricPoints } from './points.ts';
import { queryMetric } from './query.ts';
import { insertPoints, type TestPoint } from './test-metrics.ts';

export const minute = 60_000;
export const hour = 60 * minute;
export const noon = Date.UTC(2026, 2, 10, 12);

export type Asked = Readonly<Record<string, string | number>>;
type Line = (number | null)[];

export interface MetricsApi {
  insert(points: readonly TestPoint[]): Promise<void>;
  /** @param path below the project */
  ask<Name extends RouteName>(name: Name, path: string, query: Asked): Promise<Answer<Name>>;
  /** In steps of a minute over the ten minutes after noon, unless asked otherwise. */
  query(metric: string, asked: Asked): Promise<Answer<'queryMetric'>>;
  /** The values of the only series of a query. */
  line(metric: string, asked: Asked): Promise<Line>;
  /** What the API answers to what it refuses. @param path below the project */
  refusal(path: string, asked: Asked): Promise<{ status: number; code: string; message: string; position?: unknown }>;
  /** What time it is for the API; the day after the data unless set. */
  setNow(ms: number | undefined): void;
  close(): Promise<void>;
}

export const startMetricsApi = async (): Promise<MetricsApi> => {
  const store = await openTestStore();
  const { telemetry } = store;
  let nowMs: number | undefined;
  const server = await buildTestServer({
    handlers: {
      listMetrics: listMetrics(telemetry),
      listServiceMetrics: listServiceMetrics(telemetry),
      getMetric: getMetric(telemetry),
      queryMetric: queryMetric(telemetry, () => nowMs ?? noon + 24 * hour),
      listMetricPoints: listMetricPoints(telemetry),
    },
  });
  const get = (path: string, query: Asked) => {
    const search = Object.entries(query).map(([key, value]): [string, string] => [key, String(value)]);
    const base = path.startsWith('services/') ? path : `projects/prj_default/${path}`;
    return server.inject(`/api/v1/${base}?${new URLSearchParams(search)}`);
  };
  const api: MetricsApi = {
    insert: (points) => insertPoints(telemetry, points),
    async ask<Name extends RouteName>(name: Name, path: string, query: Asked) {
      const answer = await get(path, query);
      expect(answer.statusCode, answer.body).toBe(200);
      const schema: z.ZodType = contract[name].answer;
      return schema.parse(answer.json().data) as Answer<Name>;
    },
    query: (metric, asked) =>
      api.ask('queryMetric', `metrics/${encodeURIComponent(metric)}/query`, {
        fromMs: noon,
        toMs: noon + 10 * minute,
        stepMs: minute,
        ...asked,
      }),
    async line(metric, asked) {
      const { series } = await api.query(metric, asked);
      expect(series).toHaveLength(1);
      return series[0]!.values;
    },
    async refusal(path, asked) {
      const answer = await get(path, { fromMs: noon, toMs: noon + hour, ...asked });
      return { status: answer.statusCode, ...answer.json().error };
    },
    setNow(ms) {
      nowMs = ms;
    },
    async close() {
      await server.close();
      await store.close();
    },
  };
  return api;
};

/** Equal to the sixth decimal. */
export const expectClose = (actual: Line, expected: Line): void => {
  const rounded = (line: Line): Line => line.map((value) => (value === null ? null : Math.round(value * 1e6) / 1e6));
  expect(rounded(actual)).toEqual(rounded(expected));
};
