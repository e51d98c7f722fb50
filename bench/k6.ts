/**
 * What clients see, with k6 as the client: OTLP/HTTP senders, questions to the API while data comes in, and followers of
 * the live tail. `node bench/k6.ts`. k6 is the one on the path, else it is built once, as its documentation says, by
 * `go install`; without either it is left out.
 */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../ingest/interop/toolchain.ts';
import { cachePath } from './cache.ts';
import { openCorpus } from './corpus.ts';
import { startEmbeddedSystem } from './embedded-system.ts';
import { findRecordPlaces } from './record-places.ts';
import { isQuick, report } from './results.ts';
import { runLoad } from './run-load.ts';

const seconds = isQuick ? 5 : 60;
const spansPerRequest = 50;
const requestsPerSecond = isQuick ? 10 : 200;
const questionsPerSecond = isQuick ? 5 : 50;
const followers = isQuick ? 5 : 50;
const linesPerSecond = isQuick ? 50 : 500;

const main = async (k6: string): Promise<void> => {
  const directory = await mkdtemp(join(tmpdir(), 'syntra-bench-k6-'));
  const system = await startEmbeddedSystem();
  const play = playIn(directory, k6, { API_URL: system.url, OTLP_URL: system.otlpHttpUrl, SECONDS: String(seconds) });
  try {
    const signals = ['traces', 'logs', 'metrics'] as const;
    await runLoad(system.otlpHttpUrl, { signals, seconds: isQuick ? 2 : 20, recordsPerSecond: 20_000, seed: 1 });
    await system.untilStored();

    const request = await writeRequest(directory);
    const sent = await play('otlp', { RATE: String(requestsPerSecond), ...request });
    reportRequests('otlp', sent, `OTLP/HTTP, ${requestsPerSecond} requests of ${spansPerRequest} spans a second`);

    const asked = await play('api', { RATE: String(questionsPerSecond) });
    reportRequests('api', asked, `${questionsPerSecond} questions a second`);

    const followed = await play('live', { FOLLOWERS: String(followers), LINES: String(linesPerSecond) });
    const unit = `ms, ${followers} followers of ${linesPerSecond} lines a second`;
    report({ name: 'k6.live.p50', values: valueIn(followed, 'line_delay', 'med'), unit });
    report({ name: 'k6.live.p99', values: valueIn(followed, 'line_delay', 'p(99)'), unit });
    const received =
      valueIn(followed, 'lines_received', 'count') / followers / valueIn(followed, 'lines_sent', 'count');
    report({ name: 'k6.live.received', values: received * 100, unit: '% of the lines reached each follower' });
    if (valueIn(followed, 'followers_broken', 'count') > 0 || received === 0)
      throw new Error('Followers were cut off.');
  } finally {
    await system.close();
    await rm(directory, { recursive: true, force: true });
  }
};

/** What k6 says at the end, as far as it is read here. */
interface Summary {
  readonly metrics: Readonly<Record<string, { readonly values: Readonly<Record<string, number>> }>>;
}

const playIn =
  (directory: string, k6: string, settings: Readonly<Record<string, string>>) =>
  async (scenario: string, more: Readonly<Record<string, string>>): Promise<Summary> => {
    const summary = join(directory, `${scenario}.json`);
    const env = { ...settings, ...more, SUMMARY: summary, K6_NO_USAGE_REPORT: 'true' };
    await run(k6, ['run', '--quiet', '--address', '127.0.0.1:0', join(import.meta.dirname, 'k6', `${scenario}.js`)], {
      env,
    });
    return JSON.parse(await readFile(summary, 'utf8')) as Summary;
  };

/** 0 for what never happened. */
const valueIn = ({ metrics }: Summary, metric: string, value: string): number => metrics[metric]?.values[value] ?? 0;

const reportRequests = (name: string, summary: Summary, what: string): void => {
  const duration = (value: string) => valueIn(summary, 'http_req_duration', value);
  report({ name: `k6.${name}.p50`, values: duration('med'), unit: `ms, ${what}` });
  report({ name: `k6.${name}.p99`, values: duration('p(99)'), unit: `ms, ${what}` });
  const checks = valueIn(summary, 'checks', 'rate');
  report({
    name: `k6.${name}.taken`,
    values: checks * 100,
    unit: '% answered as they should',
    target: { atLeast: 100 },
  });
  report({
    name: `k6.${name}.dropped`,
    values: valueIn(summary, 'dropped_iterations', 'count'),
    unit: 'not sent in time',
  });
  if (checks < 1) throw new Error(`Some requests of ${name} were not answered as they should be.`);
};

/** A request, and where its ids and times are, for `k6/otlp.js`. */
const writeRequest = async (directory: string): Promise<Record<string, string>> => {
  const { requests } = openCorpus({ signals: ['traces'], recordsPerRequest: spansPerRequest });
  const { bytes } = requests[0]!;
  const found = findRecordPlaces('traces', bytes);
  const newest = found.times
    .map(({ at }) => bytes.readBigUInt64LE(at))
    .sort()
    .at(-1)!;
  const known = new Map<string, number>();
  let idBytes = 0;
  const ids = found.ids.map(({ at, length }) => {
    const id = bytes.toString('latin1', at, at + length);
    const from = known.get(id) ?? idBytes;
    if (!known.has(id)) {
      known.set(id, from);
      idBytes += length;
    }
    return [at, from, length];
  });
  const times = found.times.map(({ at }) => [at, Number(bytes.readBigUInt64LE(at) - newest)]);
  const files = { REQUEST: join(directory, 'request.bin'), PLACES: join(directory, 'places.json') };
  await writeFile(files.REQUEST, bytes);
  await writeFile(files.PLACES, JSON.stringify({ ids, idBytes, times }));
  return files;
};

/** As https://grafana.com/docs/k6/latest/set-up/install-k6 and k6's README say. */
const version = 'v1.8.1';

/** Undefined when there is none and none can be built, which takes minutes: never for a quick look. */
const findK6 = async (): Promise<string | undefined> => {
  const onPath = 'k6';
  const built = join(cachePath(`k6-${version}`), 'k6');
  for (const program of [onPath, built]) {
    if (spawnSync(program, ['version'], { stdio: 'ignore' }).status === 0) return program;
  }
  const howToGet = 'install it (grafana.com/docs/k6/latest/set-up/install-k6), or Go, and run this bench in full once.';
  if (isQuick || spawnSync('go', ['version'], { stdio: 'ignore' }).status !== 0) {
    console.log(`k6 is left out: there is none on this machine; ${howToGet}`);
    return undefined;
  }
  console.log(`Building k6 ${version}, once…`);
  await run('go', ['install', `go.k6.io/k6@${version}`], { env: { GOBIN: cachePath(`k6-${version}`) } });
  return built;
};

const k6 = await findK6();
if (k6 !== undefined) await main(k6);
