/**
 * One WebSocket for everything that is followed live. It opens with the first follower, reconnects by itself with
 * growing pauses, and says again what was followed; it closes after the last one left.
 */
import type { LiveMessage, LiveRequest } from '../../../api/contract/live.ts';

export interface Follow {
  readonly projectId: string;
  readonly what: 'logs' | 'arrivals';
  /** The query text; '' follows everything. */
  readonly q: string;
  readonly onMessage: (message: LiveMessage) => void;
  /** False while the connection is down: the follower then falls back to asking. */
  readonly onConnected?: (connected: boolean) => void;
}

const firstPauseMs = 500;
const longestPauseMs = 15_000;

const followers = new Map<string, Follow>();
let socket: WebSocket | undefined;
let retry: ReturnType<typeof setTimeout> | undefined;
let pauseMs = firstPauseMs;
let nextId = 0;

/** Starts following; the function returned stops it. */
export const follow = (wanted: Follow): (() => void) => {
  nextId += 1;
  const id = `f${nextId}`;
  followers.set(id, wanted);
  if (socket?.readyState === WebSocket.OPEN) say(requestOf(id, wanted));
  else if (socket === undefined && retry === undefined) connect();
  return () => {
    if (!followers.delete(id)) return;
    if (socket?.readyState === WebSocket.OPEN) say({ type: 'unfollow', id });
    if (followers.size === 0) disconnect();
  };
};

// ---- helpers

const requestOf = (id: string, { projectId, what, q }: Follow): LiveRequest => ({
  type: 'follow',
  id,
  projectId,
  what,
  q,
});

const say = (request: LiveRequest): void => socket?.send(JSON.stringify(request));

const connect = (): void => {
  retry = undefined;
  const opened = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/v1/live`);
  socket = opened;
  opened.addEventListener('open', () => {
    pauseMs = firstPauseMs;
    for (const [id, wanted] of followers) {
      say(requestOf(id, wanted));
      wanted.onConnected?.(true);
    }
  });
  opened.addEventListener('message', (event) => {
    const message = JSON.parse(String(event.data)) as LiveMessage;
    followers.get(message.id)?.onMessage(message);
  });
  opened.addEventListener('close', () => {
    if (socket !== opened) return;
    socket = undefined;
    if (followers.size === 0) return;
    for (const wanted of followers.values()) wanted.onConnected?.(false);
    retry = setTimeout(connect, pauseMs);
    pauseMs = Math.min(longestPauseMs, pauseMs * 2);
  });
};

const disconnect = (): void => {
  clearTimeout(retry);
  retry = undefined;
  const open = socket;
  socket = undefined;
  open?.close();
};
