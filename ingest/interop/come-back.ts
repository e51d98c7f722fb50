/** Waits until a request has come back from the API, and compares it field by field with what was sent. */
import { expect, vi } from 'vitest';
import { ask } from '../../docs/guide/ask.ts';
import type { Request } from './send.ts';
import { linesIn, pointsIn, spansIn } from './sent.ts';

const arrival = { timeout: 20_000, interval: 200 };
const params = { projectId: 'prj_default' };
const temporalities = ['unspecified', 'delta', 'cumulative'];

export const expectSpansBack = async (url: string, request: Request): Promise<void> => {
  const sent = spansIn(request);
  expect(sent).not.toHaveLength(0);
  const traceId = sent[0]!.span.traceId;
  await vi.waitFor(async () => {
    const trace = await ask(url, 'getTrace', { params: { traceId } });
    const back = trace.spans.map(({ resource, scope, ...span }) => ({
      span,
      resource: trace.resources[resource],
      scope: trace.scopes[scope],
    }));
    expect(trace.traceId).toBe(traceId);
    expect(trace.omittedSpans).toBe(0);
    expect(back).toEqual(sent);
  }, arrival);
};

export const expectLinesBack = async (url: string, request: Request): Promise<void> => {
  const sent = linesIn(request);
  expect(sent).not.toHaveLength(0);
  await vi.waitFor(async () => {
    const query = { ...around(sent[0]!.timeUnixNano), q: `service:"${sent[0]!.service}"` };
    const { lines } = await ask(url, 'listLogs', { params, query });
    for (const line of sent) {
      const back = lines.find(
        ({ eventName, timeUnixNano }) => eventName === line.eventName && timeUnixNano === line.timeUnixNano,
      );
      expect(back).toEqual({ ...line, id: expect.any(String) });
    }
  }, arrival);
};

export const expectPointsBack = async (url: string, request: Request): Promise<void> => {
  const sent = pointsIn(request);
  expect(sent).not.toHaveLength(0);
  await vi.waitFor(async () => {
    for (const { metric, kind, point } of sent) {
      const back = await ask(url, 'listMetricPoints', {
        params: { ...params, metric: String(metric.name) },
        query: around(point.timeUnixNano),
      });
      expect(back.metric).toMatchObject({
        name: metric.name,
        kind,
        unit: metric.unit,
        description: metric.description,
        temporality: temporalities[Number(metric.aggregationTemporality ?? 0)],
        monotonic: metric.isMonotonic ?? false,
      });
      expect(back.points.filter(({ service }) => service === point.service)).toEqual([point]);
    }
  }, arrival);
};

/** A minute on both sides: the examples are of 2018. */
const around = (unixNano: string): { fromMs: number; toMs: number } => {
  const ms = Number(BigInt(unixNano) / 1_000_000n);
  return { fromMs: ms - 60_000, toMs: ms + 60_000 };
};
