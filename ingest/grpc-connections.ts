/**
 * What keeps gRPC connections healthy. Each ends after a while, so that clients spread over servers that were added since;
 * one that pings without need is closed, as gRPC's own servers do (https://github.com/grpc/proposal/blob/master/A8-client-side-keepalive.md,
 * A9-server-side-conn-mgt.md).
 */
import { constants, type Http2Server, type ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';

export interface ConnectionLimits {
  readonly maxAgeMs: number;
  /** How long calls under way may take to end once the connection is too old. */
  readonly graceMs: number;
  /** Pings that come faster are strikes; gRPC allows two. */
  readonly minPingIntervalMs: number;
}

/** Returns a function that asks all clients to go, and one that makes them. */
export const keepConnections = (
  server: Http2Server,
  { maxAgeMs, graceMs, minPingIntervalMs }: ConnectionLimits,
): { closeAll(): void; destroyAll(): void } => {
  const sessions = new Set<ServerHttp2Session>();
  // their sockets as well: a session that was closed waits for its client to close too, and cannot be destroyed any more
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // a client that vanished without a word is found out by TCP
    socket.setKeepAlive(true, keepAliveMs);
  });
  server.on('session', (session) => {
    sessions.add(session);
    // a tenth earlier or later, or all connections made at start would end in the same second
    const ageMs = maxAgeMs * (0.9 + Math.random() * 0.2);
    let timer = setTimeout(() => {
      session.close();
      timer = setTimeout(() => session.destroy(), graceMs).unref();
    }, ageMs).unref();
    session.on('close', () => {
      clearTimeout(timer);
      sessions.delete(session);
    });
    session.on('error', () => {});
    // a window of one stream's 64 KiB would make a large request wait for every round trip
    session.setLocalWindowSize(connectionWindowBytes);
    limitPings(session, minPingIntervalMs);
  });
  return {
    closeAll() {
      for (const session of sessions) session.close();
    },
    destroyAll() {
      for (const socket of sockets) socket.destroy();
    },
  };
};

const connectionWindowBytes = 4 * 2 ** 20;
const keepAliveMs = 60_000;
const maxStrikes = 2;

const limitPings = (session: ServerHttp2Session, minIntervalMs: number): void => {
  let lastMs = Number.NEGATIVE_INFINITY;
  let strikes = 0;
  session.on('ping', () => {
    const nowMs = performance.now();
    strikes = nowMs - lastMs < minIntervalMs ? strikes + 1 : 0;
    lastMs = nowMs;
    if (strikes <= maxStrikes) return;
    session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM, undefined, Buffer.from('too_many_pings'));
    session.close();
  });
  // calls pay for the pings around them: gRPC measures bandwidth with those
  session.on('stream', () => {
    lastMs = Number.NEGATIVE_INFINITY;
    strikes = 0;
  });
};
