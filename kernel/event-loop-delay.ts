/** How long the event loop keeps those waiting who are due. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

export interface EventLoopDelay {
  /** The 99th percentile since this was asked last, in milliseconds; 0 when it was asked a moment ago. */
  p99Ms(): number;
  close(): void;
}

/** Each that measures wakes the process for it: often enough to find what people would notice, no more. */
const everyMs = 100;

export const measureEventLoopDelay = (): EventLoopDelay => {
  const delay = monitorEventLoopDelay({ resolution: everyMs });
  delay.enable();
  return {
    p99Ms() {
      // Node measures from one look to the next. NaN while nothing was measured.
      const p99Ms = Math.max(0, delay.percentile(99) / 1e6 - everyMs) || 0;
      delay.reset();
      return p99Ms;
    },
    close: () => void delay.disable(),
  };
};
