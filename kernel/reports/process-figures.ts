/** What this process uses. */
import { measureEventLoopDelay } from '../event-loop-delay.ts';
import type { ProcessReport } from './instance-report.ts';

export interface ProcessFigures {
  /** The delay of the event loop is the one since this was asked last. */
  report(): ProcessReport;
  close(): void;
}

export const measureProcess = (): ProcessFigures => {
  const delay = measureEventLoopDelay();
  return {
    report() {
      const { user, system } = process.cpuUsage();
      const eventLoopDelayP99Ms = Math.round(delay.p99Ms() * 100) / 100;
      return { rssBytes: process.memoryUsage.rss(), cpuSeconds: (user + system) / 1e6, eventLoopDelayP99Ms };
    },
    close: delay.close,
  };
};
