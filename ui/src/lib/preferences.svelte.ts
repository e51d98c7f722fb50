/** What this reader chose on this machine: theme, clock, navigation width. Kept in local storage where it is allowed. */
import type { Zone } from './format-time.ts';

export type Theme = 'system' | 'light' | 'dark';
/** Pages whose width is data start with the narrow navigation; each kind remembers its own. */
export type PageKind = 'overview' | 'wide';

const read = (name: string): string | null => {
  try {
    return localStorage.getItem(`syntra.${name}`);
  } catch {
    return null;
  }
};
const write = (name: string, value: string): void => {
  try {
    localStorage.setItem(`syntra.${name}`, value);
  } catch {
    // Storage is denied: the choice lasts as long as the page.
  }
};
const oneOf = <const T extends string>(value: string | null, allowed: readonly T[], otherwise: T): T =>
  allowed.find((candidate) => candidate === value) ?? otherwise;

let theme = $state<Theme>(oneOf(read('theme'), ['system', 'light', 'dark'], 'system'));
let zone = $state<Zone>(oneOf(read('zone'), ['local', 'utc'], 'local'));
let live = $state(read('live') !== 'off');
const rail = $state<Record<PageKind, boolean>>({
  overview: read('rail.overview') === 'on',
  wide: read('rail.wide') !== 'off',
});

export const preferences = {
  get theme() {
    return theme;
  },
  set theme(value: Theme) {
    theme = value;
    write('theme', value);
    if (value === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = value;
  },
  get zone() {
    return zone;
  },
  set zone(value: Zone) {
    zone = value;
    write('zone', value);
  },
  /** Whether ranges that end now move with it. */
  get live() {
    return live;
  },
  set live(value: boolean) {
    live = value;
    write('live', value ? 'on' : 'off');
  },
  rail(kind: PageKind): boolean {
    return rail[kind];
  },
  toggleRail(kind: PageKind): void {
    rail[kind] = !rail[kind];
    write(`rail.${kind}`, rail[kind] ? 'on' : 'off');
  },
};
