/** What ingest did since it started: for its own telemetry, and per project for the page that shows what arrives. */
import type { Signal } from '../kernel/otlp/messages.ts';

export interface ProjectCounts {
  readonly accepted: Readonly<Record<Signal, number>>;
  /** Arrival of the newest record taken, Unix milliseconds; null before the first. */
  readonly newestMs: number | null;
  /** Records taken per second, over the last minute. */
  readonly recordsPerSecond: number;
  /** Records not taken, by reason. */
  readonly rejected: readonly { readonly reason: string; readonly records: number }[];
}

export interface Count {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface IngestCounters {
  /** Records taken, by `signal`. */
  accepted(): Count[];
  /** Records not taken, by `signal` and `reason`. */
  rejected(): Count[];
  /** Requests not taken, by `transport` and `reason` (a `RefusalKind`). */
  failed(): Count[];
  /** Bytes of requests taken, after decompression, by `signal`. */
  bytes(): Count[];
  ofProject(project: string): ProjectCounts;
}

export interface IngestCounting {
  readonly counters: IngestCounters;
  countAccepted(project: string, signal: Signal, records: number, bytes: number): void;
  countRejected(project: string, signal: Signal, byReason: ReadonlyMap<string, number>): void;
  countFailed(transport: string, reason: string): void;
}

/** Projects beyond this many are counted in sum, no longer each. */
const maxProjects = 10_000;
const windowSeconds = 60;

interface Project {
  readonly accepted: Record<Signal, number>;
  readonly rejected: Map<string, number>;
  newestMs: number | null;
  /** Records per second of the last minute, a slot per second, and the second that each slot counts. */
  readonly slots: Float64Array;
  readonly seconds: Float64Array;
}

/** @param now Unix milliseconds */
export const countIngest = (now: () => number): IngestCounting => {
  const accepted = new Map<string, number>();
  const rejected = new Map<string, number>();
  const failed = new Map<string, number>();
  const bytesTaken = new Map<string, number>();
  const projects = new Map<string, Project>();
  const projectOf = (name: string): Project | undefined => {
    const known = projects.get(name);
    if (known || projects.size >= maxProjects) return known;
    const project: Project = {
      accepted: { traces: 0, logs: 0, metrics: 0 },
      rejected: new Map(),
      newestMs: null,
      slots: new Float64Array(windowSeconds),
      seconds: new Float64Array(windowSeconds),
    };
    projects.set(name, project);
    return project;
  };

  return {
    countAccepted(name, signal, records, bytes) {
      add(accepted, signal, records);
      add(bytesTaken, signal, bytes);
      const project = projectOf(name);
      if (!project) return;
      const nowMs = now();
      const second = Math.floor(nowMs / 1000);
      const slot = second % windowSeconds;
      if (project.seconds[slot] !== second) project.slots[slot] = 0;
      project.seconds[slot] = second;
      project.slots[slot]! += records;
      project.accepted[signal] += records;
      project.newestMs = nowMs;
    },
    countRejected(name, signal, byReason) {
      const project = projectOf(name);
      for (const [reason, records] of byReason) {
        add(rejected, `${signal} ${reason}`, records);
        if (project) add(project.rejected, reason, records);
      }
    },
    countFailed: (transport, reason) => add(failed, `${transport} ${reason}`, 1),
    counters: {
      accepted: () => counts(accepted, ['signal']),
      rejected: () => counts(rejected, ['signal', 'reason']),
      failed: () => counts(failed, ['transport', 'reason']),
      bytes: () => counts(bytesTaken, ['signal']),
      ofProject(name) {
        const project = projects.get(name);
        if (!project)
          return { accepted: { traces: 0, logs: 0, metrics: 0 }, newestMs: null, recordsPerSecond: 0, rejected: [] };
        return {
          accepted: { ...project.accepted },
          newestMs: project.newestMs,
          recordsPerSecond: recordsPerSecond(project, Math.floor(now() / 1000)),
          rejected: [...project.rejected].map(([reason, records]) => ({ reason, records })),
        };
      },
    },
  };
};

/** Over the seconds that are complete: the one under way would make it flicker. */
const recordsPerSecond = ({ slots, seconds }: Project, nowSecond: number): number => {
  let records = 0;
  for (let slot = 0; slot < windowSeconds; slot++) {
    const age = nowSecond - seconds[slot]!;
    if (age >= 1 && age < windowSeconds) records += slots[slot]!;
  }
  return records / (windowSeconds - 1);
};

const add = (map: Map<string, number>, key: string, value: number): void => {
  map.set(key, (map.get(key) ?? 0) + value);
};

const counts = (map: ReadonlyMap<string, number>, names: readonly string[]): Count[] =>
  [...map].map(([key, value]) => {
    const labels = key.split(' ');
    return { labels: Object.fromEntries(names.map((name, index) => [name, labels[index] ?? ''])), value };
  });
