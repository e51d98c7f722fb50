/**
 * The URL is the state of a view: filters, selection and panel live in its query, so that every view can be shared and
 * Back works. Values are read from the URL and changed by going to a new one.
 */
import { goto } from '$app/navigation';
import { page } from '$app/state';

/** What follows the reader from page to page. */
const global = ['range', 'from', 'to', 'project'] as const;

export type Changes = Readonly<Record<string, string | number | null | undefined>>;

/** One parameter of the query; reactive. `''` when absent. */
export const param = (name: string): string => page.url.searchParams.get(name) ?? '';

/** All values of a parameter that may repeat; reactive. */
export const params = (name: string): string[] => page.url.searchParams.getAll(name);

/**
 * Sets some parameters of this page and leaves the others. Null, undefined and '' remove one.
 * @param how `push` makes a step that Back undoes, `replace` does not: for what changes while it is typed or dragged.
 */
export const setParams = (changes: Changes, how: 'push' | 'replace' = 'push'): Promise<void> => {
  const url = new URL(page.url.href);
  apply(url.searchParams, changes);
  if (url.href === page.url.href) return Promise.resolve();
  return goto(url, { replace: how === 'replace', reset: false });
};

/** An address within the explorer that keeps the time range and project; reactive. */
export const link = (path: string, changes: Changes = {}): string => {
  const query = new URLSearchParams();
  for (const name of global) {
    const value = page.url.searchParams.get(name);
    if (value !== null) query.set(name, value);
  }
  apply(query, changes);
  return query.size > 0 ? `${path}?${query}` : path;
};

// ---- helpers

const apply = (query: URLSearchParams, changes: Changes): void => {
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === undefined || value === '') query.delete(name);
    else query.set(name, String(value));
  }
};
