/** Puts together what a process says of itself; the topic, /metrics and the Pipeline page all tell this and nothing else. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Role } from '../config.ts';
import { type AskedStore, askStore } from './ask-store.ts';
import type { DiskReport, IngestReport, InstanceReport, ProcessorReport, StoreReport } from './instance-report.ts';
import { measureProcess } from './process-figures.ts';

/** Where the figures come from. They are asked anew each time: what is started later is in later reports. */
export interface ReportSources {
  readonly roles: readonly Role[];
  readonly version: string;
  readonly processors: () => readonly { report(): ProcessorReport }[];
  /** Null while this process takes nothing in. */
  readonly ingest: () => IngestReport | null;
  readonly disk: () => DiskReport | null | Promise<DiskReport | null>;
  readonly stores: () => readonly AskedStore[];
  /** Told once when a store stops answering, with the reason, which reports do not have. */
  readonly onStoreAway?: (store: StoreReport['name'], error: unknown) => void;
}

export interface ReportCollector {
  /** Names this run of this process. */
  readonly instance: string;
  /** @throws whatever a source throws */
  collect(): Promise<InstanceReport>;
  /** As the newest report, with the figures of now, and nothing asked of stores, which may be closed already. */
  collectLast(): Promise<InstanceReport>;
  close(): void;
}

/** @param now Unix milliseconds */
export const reportCollector = (sources: ReportSources, now: () => number = Date.now): ReportCollector => {
  const host = hostname().slice(0, 100);
  const instance = `${host}-${process.pid}-${randomBytes(4).toString('hex')}`;
  const figures = measureProcess();
  const startedAtMs = now();
  let sequence = 0;
  let newest: Pick<InstanceReport, 'stores'> = { stores: [] };
  const asking = new Map<string, ReturnType<typeof askStore>>();
  const ask = (store: AskedStore) => {
    const known = asking.get(store.name) ?? askStore(store, (error) => sources.onStoreAway?.(store.name, error));
    asking.set(store.name, known);
    return known();
  };
  const report = async (stores: InstanceReport['stores'], stopping: boolean): Promise<InstanceReport> => ({
    instance,
    host,
    pid: process.pid,
    roles: sources.roles,
    version: sources.version,
    startedAtMs,
    atMs: now(),
    sequence: ++sequence,
    stopping,
    process: figures.report(),
    disk: await sources.disk(),
    stores,
    processors: sources.processors().map((processor) => processor.report()),
    ingest: sources.ingest(),
  });
  return {
    instance,
    async collect() {
      newest = { stores: await Promise.all(sources.stores().map(ask)) };
      return report(newest.stores, false);
    },
    collectLast: () => report(newest.stores, true),
    close: () => figures.close(),
  };
};
