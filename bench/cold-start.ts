/**
 * From the start of the process until everything answers (/readyz), in a directory that is empty and in one that has been
 * used: `node bench/cold-start.ts [--runs 7]`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startSyntra } from '../docs/guide/start-syntra.ts';
import { isQuick, report } from './results.ts';
import { runLoad } from './run-load.ts';

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: isQuick ? '1' : '7' },
    quick: { type: 'boolean' },
    record: { type: 'boolean' },
  },
});

const main = async (): Promise<void> => {
  const fresh: number[] = [];
  const used: number[] = [];
  for (let run = 0; run < Number(options.runs); run++) {
    const dataDir = await mkdtemp(join(tmpdir(), 'syntra-bench-'));
    try {
      fresh.push(await startedInMs(dataDir, (otlpHttpUrl) => fillSomewhat(otlpHttpUrl, run)));
      used.push(await startedInMs(dataDir));
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  }
  const target = { atMost: 2000 };
  report({ name: 'cold-start.fresh', values: fresh, unit: 'ms until ready, empty directory', target });
  report({ name: 'cold-start.used', values: used, unit: 'ms until ready, used directory', target });
};

const startedInMs = async (dataDir: string, use?: (otlpHttpUrl: string) => Promise<unknown>): Promise<number> => {
  const startedMs = performance.now();
  const syntra = await startSyntra({ dataDir, env: { UV_THREADPOOL_SIZE: '16' } });
  const ms = performance.now() - startedMs;
  try {
    await use?.(syntra.otlpHttpUrl);
  } finally {
    await syntra.stop();
  }
  return ms;
};

/** So that there are parts to load and a log to open. */
const fillSomewhat = (otlpHttpUrl: string, run: number): Promise<unknown> =>
  runLoad(otlpHttpUrl, {
    signals: ['traces', 'logs', 'metrics'],
    seconds: isQuick ? 2 : 10,
    recordsPerSecond: 5_000,
    recordsPerRequest: 200,
    seed: run,
  });

await main();
