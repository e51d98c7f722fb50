/**
 * Gives memory back when there is nothing to do. V8 collects when a process allocates, and so keeps what a start or a
 * rush has left for as long as it is idle: room for young objects, code that was needed once.
 */
import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface IdleMemoryOptions {
  readonly intervalMs?: number;
  /** Default: all that V8 can find, which stops the process for a tenth of a second or two. */
  readonly collect?: () => void;
  /** The part of the last interval for which the event loop had something to do. */
  readonly utilization?: () => number;
}

/** The first time soon after a start, and again after each time that was busy. Ends with the function that it returns. */
export const giveBackWhenIdle = ({
  intervalMs = 10_000,
  collect = collectAll(),
  utilization = measureUtilization(),
}: IdleMemoryOptions = {}): (() => void) => {
  let hasGrown = true;
  const timer = setInterval(() => {
    const busy = utilization();
    if (busy > busyFrom) hasGrown = true;
    if (!hasGrown || busy > idleUpTo) return;
    hasGrown = false;
    collect();
    // The collection itself is no reason for the next one.
    utilization();
  }, intervalMs).unref();
  return () => clearInterval(timer);
};

const idleUpTo = 0.05;
const busyFrom = 0.2;

const collectAll = (): (() => void) => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options: object) => void;
  return () => collect({ type: 'major', flavor: 'last-resort' });
};

const measureUtilization = (): (() => number) => {
  let before = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    return utilization;
  };
};
