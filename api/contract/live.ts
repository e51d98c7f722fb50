/** Messages on the WebSocket at /api/v1/live. */
import { z } from 'zod';
import { logLine } from './logs.ts';
import { failure, id, searchText, signal } from './values.ts';

/** What a client says. One connection follows at most 8 things. */
export const liveRequest = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('follow'),
    id: z.string().max(64),
    projectId: id,
    what: z.enum(['logs', 'arrivals']),
    q: searchText,
  }),
  z.object({ type: z.literal('unfollow'), id: z.string().max(64) }),
]);
/** What the server says. `lines` come at most ten times a second; `sampledOneIn` is above 1 when there are too many. */
export const liveMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('following'), id: z.string() }),
  z.object({
    type: z.literal('lines'),
    id: z.string(),
    lines: z.array(logLine),
    sampledOneIn: z.number().int().positive(),
  }),
  /** Something of this signal was stored just now: pages that wait for data look again. */
  z.object({ type: z.literal('arrived'), id: z.string(), signal }),
  z.object({ type: z.literal('failed'), id: z.string(), error: failure.shape.error }),
]);

export type LiveRequest = z.infer<typeof liveRequest>;
export type LiveMessage = z.infer<typeof liveMessage>;
