/**
 * A backup of a running Syntra. All of it is of one moment, at which no processor has a batch in hand: so what the log
 * says has been processed is in the stores, and nothing else is.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { amountOf } from '../disk-space.ts';
import type { Database } from '../state/database.ts';
import type { Telemetry } from '../telemetry/client.ts';
import { type Files, filesInto } from './files.ts';
import { keptFrom, logFile, openLogPart } from './log-part.ts';
import { BackupError, bytesOf, writeManifest } from './manifest.ts';
import type { PausableLog } from './pausable-log.ts';
import { openStatePart } from './state-part.ts';
import { assertRoom, empty, finishTarget, prepareTarget } from './target.ts';
import { openTelemetryPart } from './telemetry-part.ts';

export interface BackupSource {
  readonly dataDir: string;
  /** Of this program. */
  readonly version: string;
  /** Of the log that all processors were given. */
  readonly processors: PausableLog;
  readonly telemetry: Telemetry;
  /** The private one. */
  readonly database: Pick<Database, 'queries'>;
}

export interface BackupOptions {
  /** Absolute; empty or missing. */
  readonly to: string;
  readonly signal: AbortSignal;
  /** Told in sentences how far it is. */
  readonly tell: (line: string) => void;
}

/** How long a batch in hand may take before the backup is given up. */
const patienceMs = 60_000;

/** @throws BackupError, or what a store threw. What was written until then is removed, and everything goes on as before. */
export const takeBackup = async (source: BackupSource, { to, signal, tell }: BackupOptions): Promise<void> => {
  await prepareTarget(to, source.dataDir);
  try {
    await writeBackup(source, { to, signal, tell });
  } catch (error) {
    await empty(to).catch(() => {});
    throw error;
  }
};

const writeBackup = async (source: BackupSource, { to, signal, tell }: BackupOptions): Promise<void> => {
  const { dataDir, telemetry: store } = source;
  const progress = tellProgress(tell);
  const files = filesInto({ directory: to, signal, onBytes: progress.wrote });
  const state = await openStatePart(source.database.queries);
  const log = openLogPart(dataDir, to, signal);
  const telemetry = openTelemetryPart(dataDir, store);
  try {
    const kept = keptFrom(await source.processors.unreadFrom());
    progress.total = (await state.measure()) + (await telemetry.measure()) + (await log.measure(kept));
    await assertRoom(to, progress.total, dataDir);
    tell(`About ${amountOf(progress.total)} are to be copied.`);
    await state.copy(files);

    const moment = await atOneMoment(source, signal, async () => {
      // First the database: where it says that a record was appended, the log must have it.
      await state.take();
      await log.take();
      await telemetry.take();
    });
    tell(`Everything is of ${new Date(moment.takenAtMs).toISOString()}: processors paused for ${moment.pausedMs} ms.`);

    await state.write(files);
    await log.write(moment.kept);
    await files.adopt(logFile);
    await telemetry.write(files);
    await copySmallFiles(files, dataDir);
    await files.flush();
    await writeManifest(to, { version: source.version, takenAtMs: moment.takenAtMs, entries: files.entries });
    await finishTarget(to);
    tell(`The backup in ${to} is whole: ${amountOf(bytesOf(files.entries))} in ${files.entries.length} files.`);
  } finally {
    // What cannot be removed now is at the next backup or start; the backup is what it is.
    await Promise.allSettled([state.close(), log.close(), telemetry.close()]);
  }
};

interface Moment {
  readonly takenAtMs: number;
  readonly pausedMs: number;
  /** What the log's part has to hold, as of then. */
  readonly kept: Readonly<Record<string, number>>;
}

const atOneMoment = async (
  { processors }: BackupSource,
  signal: AbortSignal,
  take: () => Promise<void>,
): Promise<Moment> => {
  const startedMs = performance.now();
  const resume = await processors.pause(patienceMs, signal).catch((error: Error) => {
    signal.throwIfAborted();
    throw new BackupError(`The processors do not come to rest. ${error.message}`);
  });
  try {
    const kept = keptFrom(await processors.unreadFrom());
    const takenAtMs = Date.now();
    await take();
    return { takenAtMs, kept, pausedMs: Math.round(performance.now() - startedMs) };
  } finally {
    await resume();
  }
};

/** The senders' key, and which version of the data directory it is. */
export const copySmallFiles = async (files: Files, dataDir: string): Promise<void> => {
  for (const name of ['ingest-key', 'format']) {
    const content = await readFile(join(dataDir, name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (content) await files.write(name, content);
  }
};

const tellEveryMs = 5_000;

/** Says every few seconds how much was copied. */
export const tellProgress = (tell: (line: string) => void) => {
  let written = 0;
  let toldMs = performance.now();
  const progress = {
    /** Bytes; about. */
    total: 0,
    wrote(bytes: number): void {
      written += bytes;
      if (performance.now() - toldMs < tellEveryMs) return;
      toldMs = performance.now();
      tell(`Copied ${amountOf(written)} of about ${amountOf(Math.max(written, progress.total))}.`);
    },
  };
  return progress;
};
