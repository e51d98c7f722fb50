/**
 * How the pipeline is doing, asked for once for the whole explorer: the shell follows it slowly, its own page closely, and
 * whatever shows it shows the same answer.
 */
import type { Pipeline } from '../../../api/contract/pipeline.ts';
import { type ApiFailure, failureOf, get } from './api.ts';

/** What is slower than this is as good as no answer. */
const withinMs = 10_000;

let data = $state.raw<Pipeline>();
let failure = $state.raw<ApiFailure>();

export const pipeline = {
  /** The last answer; kept while the server does not give another. */
  get data(): Pipeline | undefined {
    return data;
  },
  /** Why there was no answer when it was last asked; undefined again as soon as there is one. */
  get failure(): ApiFailure | undefined {
    return failure;
  },
  reload(): void {
    void ask();
  },
};

/** Call during a component's initialisation: while it is there and seen, the pipeline is asked for at least this often. */
export const followPipeline = (everyMs: number): void => {
  $effect(() => {
    const follower = { everyMs };
    followers.add(follower);
    document.addEventListener('visibilitychange', plan);
    plan();
    return () => {
      followers.delete(follower);
      if (followers.size === 0) document.removeEventListener('visibilitychange', plan);
      plan();
    };
  });
};

// ---- helpers

const followers = new Set<{ readonly everyMs: number }>();
let timer: ReturnType<typeof setTimeout> | undefined;
let askedAtMs = 0;
let asking = false;

/** When it is next to be asked, counted from when it was last: a tab that comes back to the front asks at once. */
const plan = (): void => {
  clearTimeout(timer);
  if (followers.size === 0 || asking || document.visibilityState !== 'visible') return;
  const everyMs = Math.min(...[...followers].map((follower) => follower.everyMs));
  timer = setTimeout(() => void ask(), Math.max(0, askedAtMs + everyMs - Date.now()));
};

const ask = async (): Promise<void> => {
  if (asking) return;
  asking = true;
  askedAtMs = Date.now();
  try {
    data = await get('/pipeline', {}, AbortSignal.timeout(withinMs));
    failure = undefined;
  } catch (error) {
    failure = failureOf(error);
  }
  asking = false;
  plan();
};
