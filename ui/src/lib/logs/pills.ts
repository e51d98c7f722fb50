/** Which fields of a line are shown beside its message: by their own keys, which is what a search for them needs. */
import type { LineField, LineView } from './line-view.ts';

export interface Pill {
  readonly key: string;
  readonly value: string;
  /** A failure by itself: a server's 5xx. */
  readonly failing: boolean;
}

export const mostPills = 4;

/** The fields the reader chose, in that order; otherwise those that say most about the line. */
export const pillsOf = (view: LineView, chosen: readonly string[] | null): Pill[] => {
  const shown =
    chosen === null
      ? ranked(view).slice(0, mostPills)
      : chosen.flatMap((key) => view.fields.find((field) => field.key === key) ?? fromResource(view, key) ?? []);
  return shown.map(({ key, value }) => ({
    key,
    value,
    failing: statusKeys.has(key) && /^5\d\d$/.test(value),
  }));
};

const statusKeys = new Set(['http.response.status_code', 'http.status_code', 'status', 'status_code']);

/** What people look for first; the rest follows in the sender's order. */
const firstKeys = ['http.response.status_code', 'http.status_code', 'status', 'exception.type', 'error.type'];
const lastKeys = new Set(['exception.stacktrace', 'exception.message', 'http.request.method', 'http.method']);
const longestValue = 80;

const ranked = ({ fields, message }: LineView): LineField[] => {
  const rank = ({ key }: LineField): number => {
    const at = firstKeys.indexOf(key);
    return at >= 0 ? at : lastKeys.has(key) ? firstKeys.length + 1 : firstKeys.length;
  };
  return fields
    .filter(({ key, value }) => {
      if (value === '' || value.length > longestValue || value.includes('\n')) return false;
      // What the message says already would only be said twice: the route of `GET /cart/:cart 200`.
      return statusKeys.has(key) || value.length < 3 || !message.includes(value);
    })
    .sort((a, b) => rank(a) - rank(b));
};

const fromResource = ({ line }: LineView, key: string): LineField | undefined => {
  const value = line.resource.attributes[key];
  return value === undefined ? undefined : { key, value: typeof value === 'string' ? value : JSON.stringify(value) };
};
