/** What ingest did since it started: for its own telemetry, and per project for the page that shows what arrives. */
import type { Signal } from '../kernel/otlp/messages.ts';
import type { IngestReport } from '../kernel/reports/instance-report.ts';

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
  /** All of it, in sum and for the projects that sent something lately, the busiest first. */
  report(): Omit<IngestReport, 'inFlightBytes' | 'notAccepting'>;
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
/** A project that sent nothing for so long is not reported. */
const activeMs = 15 * 60_000;
const maxReported = 1_000;

interface Project {
  readonly accepted: Record<Signal, number>;
  readonly rejected: Map<string, number>;
  newestMs: number | null;
  /** When something came, whether it was taken or not, Unix milliseconds. */
  lastMs: number;
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
      lastMs: 0,
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
      project.lastMs = nowMs;
    },
    countRejected(name, signal, byReason) {
      if (byReason.size === 0) return;
      const project = projectOf(name);
      if (project) project.lastMs = now();
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
      report() {
        const { traces = 0, logs = 0, metrics = 0 } = Object.fromEntries(accepted);
        return {
          accepted: { traces, logs, metrics },
          bytes: [...bytesTaken.values()].reduce((sum, bytes) => sum + bytes, 0),
          rejected: byLastWord(rejected),
          refused: byLastWord(failed),
          projects: reportProjects(projects, now()),
        };
      },
    },
  };
};

const reportProjects = (projects: ReadonlyMap<string, Project>, nowMs: number): IngestReport['projects'] =>
  [...projects]
    .filter(([, { lastMs }]) => nowMs - lastMs < activeMs)
    .map(([name, project]) => ({ name, project, rate: recordsPerSecond(project, Math.floor(nowMs / 1000)) }))
    .sort((a, b) => b.rate - a.rate || b.project.lastMs - a.project.lastMs)
    .slice(0, maxReported)
    .map(({ name, project, rate }) => ({
      project: name,
      recordsPerSecond: rate,
      newestMs: project.newestMs,
      rejected: [...project.rejected].map(([reason, records]) => ({ reason, records })),
    }));

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

/** Sums over what comes before the reason: the signal, or the transport. */
const byLastWord = (map: ReadonlyMap<string, number>): Record<string, number> => {
  const sums = new Map<string, number>();
  for (const [key, value] of map) add(sums, key.slice(key.indexOf(' ') + 1), value);
  return Object.fromEntries(sums);
};
