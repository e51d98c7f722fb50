/**
 * Tells pages that wait for data when there is some: the log wakes us, and the store is asked until it has the rows, so
 * that a page that looks again finds them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../kernel/log/log.ts';
import type { Telemetry, Tenant } from '../../kernel/telemetry/client.ts';
import { logsTopic, metricsTopic, spansTopic } from '../../kernel/topics.ts';
import type { Signal } from '../contract/values.ts';
import { newestArrival } from '../installation/arrivals.ts';
import type { Feed } from './logs.ts';
import { openTails, waitForAny } from './tails.ts';

export interface ArrivalsFollower {
  readonly tenant: Tenant;
  /** At most once a second per signal. */
  arrived(signal: Signal): void;
}

const topicOf: Readonly<Record<Signal, string>> = {
  spans: spansTopic.name,
  logs: logsTopic.name,
  metrics: metricsTopic.name,
};
const signals = Object.keys(topicOf) as Signal[];

const lookEveryMs = 500;
const tellEveryMs = 1_000;
/** How long after an arrival, or after rows were last found, more are looked for: sinks store within about a second. */
const lookForMs = 5_000;
/** What was stored between a page's own look and its following. */
const overlapMs = 10_000;

/** All who follow one tenant, and what they know. */
interface Watch {
  readonly tenant: Tenant;
  readonly followers: Set<ArrivalsFollower>;
  readonly known: Readonly<Record<Signal, { sinceMs: number; toldMs: number }>>;
}

/** @param report told when the log or the store does not answer. */
export const feedArrivals = (
  log: Log,
  telemetry: Telemetry,
  report: (error: unknown) => void,
): Feed<ArrivalsFollower> => {
  const watches = new Map<string, Watch>();
  let running = new AbortController();

  const watchSignal = async (signal: Signal, until: AbortSignal): Promise<void> => {
    const pause = (ms: number) => sleep(ms, undefined, { signal: until }).catch(() => {});
    while (!until.aborted) {
      try {
        // Before looking: what comes while we look wakes us again.
        const tails = await openTails(log, topicOf[signal]);
        for (let idleMs = 0; idleMs < lookForMs && !until.aborted; idleMs += lookEveryMs) {
          if (await look(telemetry, watches, signal)) idleMs = 0;
          await pause(lookEveryMs);
        }
        await waitForAny(tails, until);
      } catch (error) {
        if (until.aborted) return;
        report(error);
        await pause(tellEveryMs);
      }
    }
  };
  const restart = (): void => {
    running.abort();
    if (watches.size === 0) return;
    running = new AbortController();
    for (const signal of signals) void watchSignal(signal, running.signal);
  };

  return {
    add(follower) {
      const { tenant } = follower;
      const key = JSON.stringify([tenant.org, tenant.project]);
      const known = () => ({ sinceMs: Date.now() - overlapMs, toldMs: Number.NEGATIVE_INFINITY });
      const followers = (watches.get(key)?.followers ?? new Set()).add(follower);
      watches.set(key, { tenant, followers, known: { spans: known(), logs: known(), metrics: known() } });
      restart();
      return {
        // What is stored from now on is found, whenever the first look is.
        started: Promise.resolve(),
        stop() {
          followers.delete(follower);
          if (followers.size > 0) return;
          watches.delete(key);
          restart();
        },
      };
    },
    close() {
      watches.clear();
      restart();
    },
  };
};

/** Returns whether somebody was told of something. */
const look = async (telemetry: Telemetry, watches: ReadonlyMap<string, Watch>, signal: Signal): Promise<boolean> => {
  let told = false;
  for (const { tenant, followers, known } of watches.values()) {
    const state = known[signal];
    if (performance.now() - state.toldMs < tellEveryMs) continue;
    const newest = await newestArrival(telemetry, tenant, signal, state.sinceMs);
    if (newest === null || newest <= state.sinceMs) continue;
    state.sinceMs = newest;
    state.toldMs = performance.now();
    for (const follower of followers) follower.arrived(signal);
    told = true;
  }
  return told;
};
