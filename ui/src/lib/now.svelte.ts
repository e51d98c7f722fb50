/** The clock for ages on the page: ticks once a second, and only while something reads it. */
import { createSubscriber } from 'svelte/reactivity';

const subscribe = createSubscriber((update) => {
  const timer = setInterval(update, 1000);
  return () => clearInterval(timer);
});

export const now = {
  /** Unix milliseconds. */
  get ms(): number {
    subscribe();
    return Date.now();
  },
};
