/**
 * Watches for the first data: told over the WebSocket, asked every two seconds while that is down, and every ten in any
 * case. When something has arrived, the session learns it, and pages that waited turn to data by themselves.
 */
import { follow } from '../live.svelte.ts';
import { session } from '../session.svelte.ts';
import { timeRange } from '../time-range.svelte.ts';

const askEveryMs = 2000;
const askAnywayMs = 10_000;
const firstLookMs = 15 * 60_000;

/** Call during a component's initialisation; watches while it is mounted. */
export const watchArrivals = (): void => {
  $effect(() => {
    const { projectId } = session;
    let connected = false;
    let askedMs = Date.now();
    const ask = async (): Promise<void> => {
      askedMs = Date.now();
      const before = JSON.stringify(session.setup?.newest);
      const wasEmpty = session.hasData === false;
      await session.reloadSetup().catch(() => undefined);
      if (JSON.stringify(session.setup?.newest) === before) return;
      // In an hour's view the first minute is a speck.
      if (wasEmpty && timeRange.choice.kind === 'last') void timeRange.set({ kind: 'last', widthMs: firstLookMs });
      else timeRange.refresh();
    };
    const stop = follow({
      projectId,
      what: 'arrivals',
      q: '',
      onMessage: (message) => {
        if (message.type === 'arrived') void ask();
      },
      onConnected: (now) => {
        connected = now;
        // What arrived while nobody was told.
        void ask();
      },
    });
    const timer = setInterval(() => {
      if (document.visibilityState !== 'visible') return;
      if (!connected || Date.now() - askedMs >= askAnywayMs) void ask();
    }, askEveryMs);
    return () => {
      stop();
      clearInterval(timer);
    };
  });
};
