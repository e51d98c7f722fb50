/**
 * How much room the disk of a directory has. Before it is full nothing new is accepted, so that what was accepted can
 * still be processed: merges, checkpoints and the log itself need room for that.
 */
import { statfs } from 'node:fs/promises';
import { lookEvery } from './look-every.ts';
import type { DiskReport } from './reports/instance-report.ts';

export interface DiskSpace {
  /** As of the last look, a second ago at most. */
  report(): DiskReport;
  /** True from the moment that less than the reserve is free until clearly more is. */
  isLow(): boolean;
  /** While it is low, why nothing new is accepted: a sentence for the sender and for /readyz. */
  refusal(): string | undefined;
  close(): void;
}

export interface DiskSpaceOptions {
  /** Any directory of the file system. */
  readonly directory: string;
  readonly intervalMs?: number;
  /** Told in a sentence when room becomes scarce and when there is enough again. */
  readonly report?: (sentence: string) => void;
}

/** Looks once before it resolves, and then every second. */
export const watchDiskSpace = async ({
  directory,
  intervalMs = 1000,
  report = () => {},
}: DiskSpaceOptions): Promise<DiskSpace> => {
  let latest = await measureDisk(directory);
  let low = isDiskLow(false, latest);
  if (low) report(refusalOf(latest));
  const look = async (): Promise<void> => {
    latest = await measureDisk(directory);
    const lowNow = isDiskLow(low, latest);
    if (lowNow === low) return;
    low = lowNow;
    report(
      low ? refusalOf(latest) : `The disk of the data directory has room again: ${amountOf(latest.freeBytes)} free.`,
    );
  };
  // Of a file system that hangs, what it was asked last stays true until it answers.
  const close = lookEvery(intervalMs, look);
  return {
    report: () => latest,
    isLow: () => low,
    refusal: () => (low ? refusalOf(latest) : undefined),
    close,
  };
};

/** @throws Error of the operating system when there is no such directory. */
export const measureDisk = async (directory: string): Promise<DiskReport> => {
  const { bsize, blocks, bavail } = await statfs(directory);
  const totalBytes = blocks * bsize;
  return { totalBytes, freeBytes: bavail * bsize, reserveBytes: reserveOf(totalBytes) };
};

/** What stays free: a twentieth of the disk, but no more than 4 GiB. */
export const reserveOf = (totalBytes: number): number => Math.min(Math.floor(totalBytes / 20), 4 * 2 ** 30);

/** Once it was low, a quarter more than the reserve has to be free: at the border it would change with every merge. */
export const isDiskLow = (wasLow: boolean, { freeBytes, reserveBytes }: DiskReport): boolean =>
  freeBytes < (wasLow ? reserveBytes * 1.25 : reserveBytes);

const refusalOf = ({ freeBytes, reserveBytes }: DiskReport): string =>
  `The disk of the data directory is nearly full: ${amountOf(freeBytes)} free, ${amountOf(reserveBytes)} are kept for what was accepted before.`;

/** For people: 1.5 GiB, 200 MiB. */
export const amountOf = (bytes: number): string =>
  bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(1)} GiB` : `${Math.floor(bytes / 2 ** 20)} MiB`;
