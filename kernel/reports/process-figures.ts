/** What this process uses. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { ProcessReport } from './instance-report.ts';

export interface ProcessFigures {
  /** The delay of the event loop is the one since this was asked last. */
  report(): ProcessReport;
  close(): void;
}

export const measureProcess = (): ProcessFigures => {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  return {
    report() {
      const { user, system } = process.cpuUsage();
      // NaN while nothing was measured.
      const eventLoopDelayP99Ms = Math.round(delay.percentile(99) / 1e4) / 100 || 0;
      delay.reset();
      return { rssBytes: process.memoryUsage.rss(), cpuSeconds: (user + system) / 1e6, eventLoopDelayP99Ms };
    },
    close: () => void delay.disable(),
  };
};
