/** Syntra as `npm start` runs it, in one process with a directory of its own, as benches drive it. */
import { globSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Inspect } from '../docs/faults/checker.ts';
import { inDirectory } from '../docs/faults/inspect.ts';
import { startSyntra } from '../docs/guide/start-syntra.ts';
import type { System } from './drive.ts';
import { markerService } from './freshness.ts';
import { readThreadCpu } from './thread-cpu.ts';

export interface EmbeddedSystem extends System {
  readonly url: string;
  readonly pid: number;
  readonly dataDir: string;
  /** Under /api/v1, as people ask. @throws Error for an answer that is none */
  ask<Data>(path: string): Promise<Data>;
  /** Stops it, and reads its tables past it. */
  inspect<Result>(use: (inspect: Inspect) => Promise<Result>): Promise<Result>;
  /** Stops it, and removes its directory. */
  close(): Promise<void>;
}

/** A bench that is killed takes it along. */
const endWithParent = `--import ${join(import.meta.dirname, '../docs/faults/end-with-parent.ts')}`;
/** As `cli/start.sh` sets it for `npm start`. */
const env = {
  UV_THREADPOOL_SIZE: '16',
  MALLOC_ARENA_MAX: '2',
  NODE_OPTIONS: `--max-semi-space-size=8 ${endWithParent}`,
};

export const startEmbeddedSystem = async (): Promise<EmbeddedSystem> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'syntra-bench-'));
  try {
    const syntra = await startSyntra({ dataDir, env });
    const ask = <Data>(path: string): Promise<Data> => askApi(syntra.url, path);
    let stopping: Promise<unknown> | undefined;
    const stop = (): Promise<unknown> => {
      stopping ??= syntra.stop();
      return stopping;
    };
    return {
      url: syntra.url,
      otlpHttpUrl: syntra.otlpHttpUrl,
      pid: syntra.pid,
      pids: [syntra.pid],
      dataDir,
      ask,
      countMarkers: () => countMarkers(ask),
      async untilStored() {
        // Twice: the first answer may be one that somebody had asked for before.
        for (let empty = 0; empty < 2; ) {
          const { backlog } = await ask<{ backlog: number }>(`/projects/${project}/ingest`);
          empty = backlog === 0 ? empty + 1 : 0;
          await sleep(100);
        }
      },
      readCpu: () => readThreadCpu(syntra.pid),
      countMerges: () => countMerges(dataDir),
      async inspect(use) {
        await stop();
        return inDirectory(dataDir, use);
      },
      async close() {
        await stop();
        await rm(dataDir, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(dataDir, { recursive: true, force: true });
    throw error;
  }
};

/** The engine answers nobody but its process. A part that is being made of others has a directory of this name. */
const countMerges = (dataDir: string): number => globSync('chdb/store/*/*/tmp_merge_*', { cwd: dataDir }).length;

const project = 'prj_default';
const hourMs = 3_600_000;

/** Reads the rows of one service alone: the table is in that order. */
export const countMarkers = async (ask: <Data>(path: string) => Promise<Data>): Promise<number> => {
  const range = `fromMs=${Date.now() - hourMs}&toMs=${Date.now() + 60_000}`;
  const q = encodeURIComponent(`service:${markerService}`);
  return (await ask<{ total: number }>(`/projects/${project}/traces/histogram?${range}&q=${q}`)).total;
};

const askApi = async <Data>(url: string, path: string): Promise<Data> => {
  const response = await fetch(`${url}/api/v1${path}`);
  const body = (await response.json()) as { data: Data };
  if (!response.ok) throw new Error(`${path}: ${JSON.stringify(body)}`);
  return body.data;
};
