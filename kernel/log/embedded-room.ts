/**
 * Keeps the embedded log as small as its topics ask for: now and then, when an append finds a topic full, and every
 * second while the disk is nearly full. It never takes what somebody has still to read.
 */
import type { Retain } from './embedded-store.ts';

export interface Room {
  /** Deletes everything that may go. */
  make(nowMs: number): Promise<void>;
  /** The same, but not while nobody can say what an earlier run has left unread. Reports failures, never rejects. */
  makeNow(): Promise<void>;
  /** To be called whenever a group has joined. */
  joined(): void;
  close(): void;
}

export interface RoomOptions {
  readonly topics: readonly string[];
  readonly unreadFrom: () => Promise<Record<string, number>>;
  readonly isLow: () => boolean;
  /** Deletes for a moment; answers whether there is more. */
  readonly step: (retain: Retain) => Promise<boolean>;
  readonly report: (sentence: string) => void;
  readonly intervalMs: number;
}

/** Groups join one after the other. A topic that none has joined so long after the first is read by none. */
const joiningMs = 60_000;

/** How often it is looked whether the disk is low. */
const lowIntervalMs = 1_000;

export const keepRoom = ({ topics, unreadFrom, isLow, step, report, intervalMs }: RoomOptions): Room => {
  let firstJoinedMs: number | undefined;
  let making: Promise<void> | undefined;
  let lastFailure = '';
  let closed = false;

  /** Topics that nobody has joined: all of it stays, or it goes by age and size alone. */
  const make = async (nowMs: number, notJoined: 'stay' | 'age'): Promise<void> => {
    const all = notJoined === 'stay' ? topics.map((topic) => [topic, 0] as const) : [];
    const keepFrom = { ...Object.fromEntries(all), ...(await unreadFrom()) };
    // In small steps, so that appends come between.
    while (await step({ nowMs, keepFrom, diskIsLow: isLow() }));
  };
  const makeAndTell = async (): Promise<void> => {
    const everybodyJoined = performance.now() - firstJoinedMs! > joiningMs;
    try {
      await make(Date.now(), everybodyJoined ? 'age' : 'stay');
      lastFailure = '';
    } catch (error) {
      if (closed) return;
      const { message } = error as Error;
      // Once, not every second.
      if (message !== lastFailure) report(`The log cannot delete what it need not keep. ${message}`);
      lastFailure = message;
    }
  };
  const makeNow = async (): Promise<void> => {
    if (firstJoinedMs === undefined) return;
    making ??= makeAndTell().finally(() => {
      making = undefined;
    });
    await making;
  };
  const timers = [
    setInterval(() => void makeNow(), intervalMs).unref(),
    setInterval(() => void (isLow() && makeNow()), lowIntervalMs).unref(),
  ];

  return {
    make: (nowMs) => make(nowMs, 'age'),
    makeNow,
    joined() {
      firstJoinedMs ??= performance.now();
    },
    close() {
      closed = true;
      for (const timer of timers) clearInterval(timer);
    },
  };
};
