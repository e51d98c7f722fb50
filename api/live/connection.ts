/** One WebSocket: what it follows, and what it is sent. Slow clients are skipped, never buffered for. */
import type { WebSocket } from '@fastify/websocket';
import type { Tenant } from '../../kernel/telemetry/client.ts';
import { ApiError } from '../api-error.ts';
import { type LiveMessage, type LiveRequest, liveRequest } from '../contract/live.ts';
import { errorOf } from '../http/failures.ts';
import { type LogRow, logLineOf } from '../logs/line.ts';
import { matches } from '../query/match.ts';
import { parseQuery } from '../query/parse.ts';
import { resolve } from '../query/resolve.ts';
import { logsTarget } from '../query/targets.ts';
import type { ArrivalsFollower } from './arrivals.ts';
import type { Feed, LogsFollower } from './logs.ts';
import { createSample } from './sample.ts';

export interface Feeds {
  readonly logs: Feed<LogsFollower>;
  readonly arrivals: Feed<ArrivalsFollower>;
}

export interface LiveConnection {
  readonly socket: WebSocket;
  readonly requestId: string;
  readonly feeds: Feeds;
  /** @throws ApiError NOT_FOUND */
  tenantOf(projectId: string): Promise<Tenant>;
}

const maxFollows = 8;
/** Requests that wait for their turn; a page has no reason for more. */
const maxWaiting = 32;
/** Unsent bytes above which a client counts as slow. */
const maxUnsentBytes = 2 ** 20;
const maxLinesPerSecond = 2_500;
const maxBatchBytes = 2 ** 20;

/** Close codes of RFC 6455, section 7.4.1. */
const policyViolation = 1008;

export const serveLive = ({ socket, requestId, feeds, tenantOf }: LiveConnection): void => {
  const follows = new Map<string, () => void>();
  let waiting = 0;
  let turn = Promise.resolve();

  const send = (message: LiveMessage): void => {
    if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message));
  };
  const isSlow = (): boolean => socket.bufferedAmount > maxUnsentBytes;

  const follow = async (request: Extract<LiveRequest, { type: 'follow' }>): Promise<void> => {
    const { id, what } = request;
    unfollow(id);
    if (follows.size >= maxFollows) {
      throw new ApiError('INVALID_REQUEST', `One connection follows at most ${maxFollows} things.`);
    }
    const tenant = await tenantOf(request.projectId);
    // The page may have left while we asked.
    if (socket.readyState !== socket.OPEN) return;
    const { started, stop } =
      what === 'logs'
        ? feeds.logs.add(logsFollower(tenant, request, send, isSlow))
        : feeds.arrivals.add({ tenant, arrived: (signal) => isSlow() || send({ type: 'arrived', id, signal }) });
    follows.set(id, stop);
    await started;
    send({ type: 'following', id });
  };
  const unfollow = (id: string): void => {
    follows.get(id)?.();
    follows.delete(id);
  };

  const answer = async (request: LiveRequest): Promise<void> => {
    waiting--;
    if (request.type === 'unfollow') return unfollow(request.id);
    try {
      await follow(request);
    } catch (error) {
      send({ type: 'failed', id: request.id, error: errorOf(error as Error, requestId) });
    }
  };

  socket.on('message', (data, isBinary) => {
    const request = isBinary ? undefined : parse(String(data));
    if (request === undefined || ++waiting > maxWaiting) {
      socket.close(policyViolation, request === undefined ? 'not a LiveRequest' : 'too many requests at once');
      return;
    }
    // One after the other, so that an unfollow cannot overtake its follow.
    turn = turn.then(() => answer(request));
  });
  socket.on('close', () => {
    for (const stop of follows.values()) stop();
    follows.clear();
  });
};

const parse = (text: string): LiveRequest | undefined => {
  try {
    return liveRequest.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
};

/** @throws QueryError */
const logsFollower = (
  tenant: Tenant,
  { id, q }: { readonly id: string; readonly q: string },
  send: (message: LiveMessage) => void,
  isSlow: () => boolean,
): LogsFollower => {
  const condition = resolve(parseQuery(q), logsTarget);
  const sample = createSample<LogRow>(maxLinesPerSecond, maxBatchBytes);
  const allowance = createAllowance();
  let [shown, skipped] = [0, 0];
  return {
    tenant,
    offer({ searchable, row }) {
      if (matches(condition, searchable)) sample.add(row, sizeOf(row));
    },
    flush(counts) {
      shown += counts.shown;
      skipped += counts.skipped;
      const allowed = allowance.of(sample.size);
      // That lines were passed over is worth saying even when none of the others match.
      const nothing = sample.size === 0 && skipped === 0;
      if (nothing || (sample.size > 0 && allowed === 0) || isSlow()) return;
      const { items, oneIn } = sample.take(allowed);
      allowance.use(items.length);
      const passedOver = (shown + skipped) / Math.max(1, shown);
      send({
        type: 'lines',
        id,
        lines: items.map(logLineOf),
        sampledOneIn: Math.max(1, Math.round(oneIn * passedOver)),
      });
      shown = skipped = 0;
    },
  };
};

/** Lines that may still be sent: as many at once as in a second, and that many more with every second. */
const createAllowance = () => {
  let left = maxLinesPerSecond;
  let refilledMs = performance.now();
  return {
    /** For a batch of this many: all of it, or a tenth of a second's worth at least, or none yet. */
    of(size: number): number {
      const nowMs = performance.now();
      left = Math.min(maxLinesPerSecond, left + ((nowMs - refilledMs) * maxLinesPerSecond) / 1000);
      refilledMs = nowMs;
      const whole = Math.floor(left);
      return size <= whole || whole >= maxLinesPerSecond / 10 ? whole : 0;
    },
    use(lines: number): void {
      left -= lines;
    },
  };
};

const sizeOf = ({ body, attribute_pairs, resource_pairs }: LogRow): number => {
  let bytes = body.length;
  for (const [key, text] of attribute_pairs) bytes += key.length + text.length;
  for (const [key, text] of resource_pairs) bytes += key.length + text.length;
  return bytes;
};
