/**
 * # 3. How the pipeline is doing
 *
 * Three ways lead to the same figures. The Pipeline page shows the installation as a whole: what comes in, how far each
 * processor is, which stores answer, which processes run. `/metrics` gives the figures of one process to Prometheus and
 * all that read its formats. `/livez` and `/readyz` answer whoever starts, stops and balances processes. Every process
 * answers the last three on `SYNTRA_PORT`, whatever its roles are.
 */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { pipeline } from '../../api/contract/pipeline.ts';
import { type RunningSyntra, startSyntra } from './start-syntra.ts';

const token = 'a-token-for-this-chapter';
const asOperator = { authorization: `Bearer ${token}` };

let syntra: RunningSyntra;
beforeAll(async () => {
  syntra = await startSyntra({ env: { SYNTRA_ADMIN_TOKEN: token } });
});
afterAll(() => syntra?.stop());

const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${syntra.url}${path}`, { headers, signal: AbortSignal.timeout(30_000) });

// /livez says that the process is not stuck. A store that is away is no reason to kill it: it waits, and goes on.
test('/livez answers while the process lives', async () => {
  expect(await (await get('/livez')).json()).toEqual({ alive: true });
});

// /readyz says whether requests should be sent here: 503 while a store is away, the disk is nearly full or the process
// is about to end, with a word about each of them. Anybody may ask, so there are no details.
test('/readyz names what it depends on', async () => {
  const answer = await get('/readyz');
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({
    ready: true,
    dependencies: { log: 'answers', telemetry: 'answers', state: 'answers', disk: 'answers', ingest: 'answers' },
  });
});

// Figures are for those who may see the installation. With a token set, a scraper brings it as a bearer token:
//
//     scrape_configs:
//       - job_name: syntra
//         authorization: { credentials: <SYNTRA_ADMIN_TOKEN> }
//         static_configs: [{ targets: ['syntra:3000'] }]
test('/metrics wants the token where there is one', async () => {
  expect((await get('/metrics')).status).toBe(401);
  const answer = await get('/metrics', asOperator);
  expect(answer.headers.get('content-type')).toContain('application/openmetrics-text; version=1.0.0');
  const text = await answer.text();
  expect(text).toContain('\nsyntra_store_up{store="log",engine="SQLite"} 1.0\n');
  expect(text).toMatch(/\nsyntra_processor_lag_records\{processor="store-spans",topic="otlp.spans",partition="0"\} \d/);
  expect(text.endsWith('# EOF\n')).toBe(true);
});

// The explorer has a page at the same address: a browser gets that.
test('/metrics is a page of the explorer for people', async () => {
  const answer = await get('/metrics', { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' });
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
});

// Each process says every five seconds on the log how it is doing, and whoever answers for the Pipeline page listens. So
// it needs no database, and tells of all processes wherever they run.
test('the Pipeline page knows every process, processor and store', async () => {
  await vi.waitFor(
    async () => {
      const answer = await get('/api/v1/pipeline', asOperator);
      const { data } = (await answer.json()) as { data: unknown };
      const seen = pipeline.parse(data);
      expect(seen.notAccepting).toBeNull();
      expect(seen.instances).toMatchObject([{ pid: syntra.pid, state: 'running' }]);
      expect(seen.stores.map(({ name, answers }) => [name, answers])).toEqual([
        ['log', true],
        ['telemetry', true],
        ['state', true],
      ]);
      expect(seen.processors.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['store-spans', 'store-logs', 'store-metrics', 'register-services']),
      );
      for (const { name, lag } of seen.processors) expect(lag, name).not.toBeNull();
    },
    { timeout: 30_000, interval: 500 },
  );
});
