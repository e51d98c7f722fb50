/** A backup of a data directory on which no Syntra runs: everything is at rest, so it is copied as it is. */
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { holdDataDirectory } from '../data-directory.ts';
import { amountOf } from '../disk-space.ts';
import { stopLeftover } from '../state/embedded-leftover.ts';
import { type BackupOptions, copySmallFiles, tellProgress } from './backup.ts';
import { filesBelow, filesInto, sizeBelow } from './files.ts';
import { logFile, openLogPart } from './log-part.ts';
import { bytesOf, writeManifest } from './manifest.ts';
import { stateRoot } from './state-part.ts';
import { assertRoom, empty, finishTarget, prepareTarget } from './target.ts';
import { telemetryRoot } from './telemetry-part.ts';

export interface OfflineSource {
  readonly dataDir: string;
  /** Of this program. */
  readonly version: string;
}

/** @throws DataDirectoryError when somebody uses the directory after all; BackupError */
export const takeOfflineBackup = async (source: OfflineSource, options: BackupOptions): Promise<void> => {
  const held = await holdDataDirectory(source.dataDir);
  try {
    await prepareTarget(options.to, source.dataDir);
    await writeBackup(source, options).catch(async (error: unknown) => {
      await empty(options.to).catch(() => {});
      throw error;
    });
  } finally {
    held.release();
  }
};

const writeBackup = async ({ dataDir, version }: OfflineSource, { to, signal, tell }: BackupOptions): Promise<void> => {
  const cluster = await realpath(join(dataDir, 'state', 'data'));
  // A server that a killed Syntra left behind may still be writing.
  await stopLeftover(cluster);
  const progress = tellProgress(tell);
  const files = filesInto({ directory: to, signal, onBytes: progress.wrote });
  const log = openLogPart(dataDir, to, signal);
  try {
    const chdb = join(dataDir, telemetryRoot);
    // Who has read what is known to the running processors alone, so all of the log is taken.
    progress.total = (await sizeBelow(chdb)) + (await sizeBelow(cluster)) + (await log.measure({}));
    await assertRoom(to, progress.total, dataDir);
    tell(`No Syntra runs on ${dataDir}: about ${amountOf(progress.total)} are to be copied as they are.`);
    await log.take();
    await log.write({});
    await files.adopt(logFile);
    const notData = [join(telemetryRoot, 'shadow'), join(telemetryRoot, 'tmp')];
    await files.copy(filesBelow(chdb, telemetryRoot, (path) => notData.includes(path)));
    await files.copy(filesBelow(cluster, stateRoot, (path) => /^state\/postmaster\.(pid|opts)$/.test(path)));
    await copySmallFiles(files, dataDir);
    await files.flush();
    await writeManifest(to, { version, takenAtMs: Date.now(), entries: files.entries });
    await finishTarget(to);
    tell(`The backup in ${to} is whole: ${amountOf(bytesOf(files.entries))} in ${files.entries.length} files.`);
  } finally {
    await log.close();
  }
};
