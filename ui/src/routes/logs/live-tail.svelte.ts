/**
 * Follows matching lines over the WebSocket and hands them on at most ten times a second. Whatever may have been missed,
 * at the start and after every reconnect, is asked for.
 */
import { untrack } from 'svelte';
import { type ApiFailure, failureOf, get } from '#lib/api.ts';
import { follow } from '#lib/live.svelte.ts';
import { mostLines } from '#lib/logs/live-buffer.ts';
import type { LogLine } from '../../../../api/contract/logs.ts';

export interface Tailed {
  readonly projectId: string;
  readonly q: string;
}

export interface TailEvents {
  readonly onLines: (lines: readonly LogLine[]) => void;
  /** A page of the newest lines. @param whole it reaches back to what was known. */
  readonly onRefill: (page: readonly LogLine[], whole: boolean) => void;
  /** Unix milliseconds up to which lines are known. */
  readonly knownUntilMs: () => number;
}

const paintEveryMs = 100;
/** Lines can be searched this long after they were acknowledged, at the latest. */
const lateMs = 3000;
const pageLines = 1000;

/** Call during a component's initialisation; `wanted` is null while nothing is followed. */
export const createTail = (wanted: () => Tailed | null, { onLines, onRefill, knownUntilMs }: TailEvents) => {
  let connected = $state(true);
  let oneIn = $state(1);
  let failure = $state.raw<ApiFailure>();

  const start = ({ projectId, q }: Tailed): (() => void) => {
    let arrived: LogLine[] = [];
    let paintedMs = 0;
    let sinceMs = knownUntilMs();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let late: ReturnType<typeof setTimeout> | undefined;
    const controller = new AbortController();

    const paint = (): void => {
      timer = undefined;
      paintedMs = performance.now();
      const lines = arrived;
      arrived = [];
      onLines(lines);
    };
    const fill = async (): Promise<void> => {
      try {
        const values = {
          projectId,
          q,
          fromMs: Math.floor(sinceMs - lateMs),
          toMs: Date.now() + 60_000,
          limit: pageLines,
        };
        const page = await get('/projects/:projectId/logs', { ...values, order: 'newest' }, controller.signal);
        onRefill(page.lines, page.nextCursor === null);
        failure = undefined;
      } catch (error) {
        if (!controller.signal.aborted) failure = failureOf(error);
      }
    };

    const stop = follow({
      projectId,
      what: 'logs',
      q,
      onMessage: (message) => {
        if (message.type === 'lines') {
          oneIn = message.sampledOneIn;
          arrived.push(...message.lines);
          if (arrived.length > mostLines) arrived = arrived.slice(-mostLines);
          timer ??= setTimeout(paint, Math.max(0, paintedMs + paintEveryMs - performance.now()));
        } else if (message.type === 'following') {
          connected = true;
          void fill();
          clearTimeout(late);
          late = setTimeout(() => void fill(), lateMs);
        } else if (message.type === 'failed') {
          failure = failureOf(new Error(message.error.message));
        }
      },
      onConnected: (now) => {
        if (!now && connected) sinceMs = knownUntilMs();
        connected = now;
      },
    });
    return () => {
      stop();
      controller.abort();
      clearTimeout(timer);
      clearTimeout(late);
    };
  };

  $effect(() => {
    const now = wanted();
    if (now === null) return;
    return untrack(() => {
      oneIn = 1;
      failure = undefined;
      return start(now);
    });
  });

  return {
    get connected() {
      return connected;
    },
    /** How many lines each of those of the last batch stands for. */
    get oneIn() {
      return oneIn;
    },
    /** Lines may be missing. */
    get failure() {
      return failure;
    },
  };
};
