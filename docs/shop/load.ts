/** Steady traffic: so many requests a second, whatever the shop does with them. */
import { type Journey, journey, type Request } from './journeys.ts';

export interface Load {
  /** Lets no more visitors in, and waits for the answers that are under way. */
  stop(): Promise<void>;
}

/** Visitors under way at once; further requests are left out while the shop is too slow for them. */
const maxInFlight = 64;
/** Visitors that are between two requests: so many journeys interleave. */
const visitors = 8;

export const startLoad = (shopUrl: string, requestsPerSecond: number): Load => {
  const idle: { readonly journey: Journey; readonly next: Request }[] = [];
  const inFlight = new Set<Promise<void>>();
  let started = 0;

  const arrive = (): void => {
    const visitor = journey(started++);
    const first = visitor.next(undefined);
    if (!first.done) idle.push({ journey: visitor, next: first.value });
  };

  const go = async (visitor: Journey, request: Request): Promise<void> => {
    const answer = await send(shopUrl, request);
    // Whoever meets an error leaves, as people do.
    if (answer === null) return;
    const step = visitor.next(answer);
    if (!step.done) idle.push({ journey: visitor, next: step.value });
  };

  const timer = setInterval(() => {
    if (inFlight.size >= maxInFlight) return;
    while (idle.length < visitors) arrive();
    const { journey: visitor, next } = idle.shift()!;
    const going = go(visitor, next).finally(() => inFlight.delete(going));
    inFlight.add(going);
  }, 1000 / requestsPerSecond);

  return {
    stop: async () => {
      clearInterval(timer);
      await Promise.allSettled(inFlight);
    },
  };
};

/** The answer's JSON; null after an error, which is the shop's to report. */
const send = async (shopUrl: string, request: Request): Promise<unknown> => {
  try {
    const response = await fetch(new URL(request.path, shopUrl), {
      method: request.method,
      signal: AbortSignal.timeout(15_000),
      headers: { 'content-type': 'application/json', 'user-agent': 'Mozilla/5.0 (shop visitor)' },
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    });
    const answer: unknown = await response.json();
    return response.ok ? answer : null;
  } catch {
    return null;
  }
};
