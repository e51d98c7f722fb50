/**
 * # 2. Syntra reports itself
 *
 * What watches everything else has to be watched too. Syntra uses the official OpenTelemetry SDK like any program, but
 * its traces, logs and metrics take no way over the network: they are appended to its own log, under a project of their
 * own, and turn up on the same pages as yours. This chapter looks at them, and makes sure that a pipeline which carries
 * its own reports does not report the carrying of them, for ever.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ask } from './ask.ts';
import { type RunningSyntra, startSyntra } from './start-syntra.ts';

const startedMs = Date.now();
const params = { projectId: 'prj_syntra' };
const sinceStart = () => ({ fromMs: startedMs, toMs: Date.now() + 60_000 });
const soon = { timeout: 90_000, interval: 500 };

let syntra: RunningSyntra;
beforeAll(async () => {
  syntra = await startSyntra();
});
afterAll(() => syntra?.stop());

// Its project stands beside yours, and never in its way: the default project comes first.
test('it has a project of its own', async () => {
  const { projects } = await ask(syntra.url, 'listProjects');
  expect(projects.map(({ id }) => id)).toEqual(['prj_default', 'prj_syntra']);
});

// Every request to the API is a span, named as OpenTelemetry's conventions for HTTP servers say.
test('a request to its API becomes a trace', async () => {
  const { traces } = await vi.waitFor(async () => {
    await ask(syntra.url, 'listServices', { params: { projectId: 'prj_default' }, query: sinceStart() });
    const found = await ask(syntra.url, 'listTraces', { params, query: { ...sinceStart(), service: 'syntra' } });
    expect(found.traces).not.toEqual([]);
    return found;
  }, soon);
  const { spans, resources } = await ask(syntra.url, 'getTrace', {
    params: { traceId: traces[0]!.traceId },
    query: params,
  });
  expect(spans[0]).toMatchObject({ kind: 'server', attributes: { 'http.response.status_code': 200 } });
  expect(resources[spans[0]!.resource]!.attributes).toMatchObject({ 'service.name': 'syntra' });
});

// What it would tell an operator, it also keeps: the quiet lines too, which the terminal does not show.
test('its log lines can be searched', async () => {
  const { lines } = await vi.waitFor(async () => {
    const found = await ask(syntra.url, 'listLogs', { params, query: { ...sinceStart(), q: 'started level:debug' } });
    expect(found.lines).not.toEqual([]);
    return found;
  }, soon);
  expect(lines[0]).toMatchObject({ service: 'syntra', severity: 'debug', body: 'Syntra started' });
});

// Its figures come twice a minute: what each processor kept, dropped or set aside, how far behind it is, what was taken
// and refused at the door.
test('its figures become metrics', async () => {
  await vi.waitFor(async () => {
    const { metrics } = await ask(syntra.url, 'listMetrics', { params, query: sinceStart() });
    expect(metrics.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['syntra.processor.records', 'syntra.processor.lag', 'process.memory.usage']),
    );
  }, soon);
});

// Storing a report is work, and reporting that work would be more work. So nothing that handles only reports is
// reported, requests about this project included: left alone, its traces stop growing.
test('and it does not feed on its own reports', async () => {
  const countSpans = async (): Promise<number> =>
    (await ask(syntra.url, 'getTraceHistogram', { params, query: { ...sinceStart(), q: 'duration:>=0ns' } })).total;
  let before = -1;
  // What was asked before this test is still on its way for a few seconds.
  await vi.waitFor(async () => {
    const now = await countSpans();
    const settled = now === before;
    before = now;
    await sleep(3_000);
    expect(settled).toBe(true);
  }, soon);
  for (let i = 0; i < 5; i++) await countSpans();
  await sleep(8_000);
  expect(await countSpans()).toBe(before);
});
