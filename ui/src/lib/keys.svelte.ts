/**
 * One keyboard layer for every page. A component declares its shortcuts while it is there; the last declared wins, so
 * that a panel can take `Escape` from the page under it. `?` lists what is declared.
 */
import { untrack } from 'svelte';

export interface Shortcut {
  /** `j`, `Shift+J`, `mod+k` (⌘ or Ctrl), or a sequence such as `g s`. Letters are lower case unless shifted. */
  readonly keys: string;
  readonly label: string;
  readonly group: 'Anywhere' | 'Go to' | 'List' | 'Time' | 'Page';
  readonly run: (event: KeyboardEvent) => void;
}

interface Declared {
  readonly shortcuts: () => readonly Shortcut[];
}

const sequenceWithinMs = 1000;

let declared = $state.raw<readonly Declared[]>([]);
let prefix = '';
let prefixAtMs = 0;

/** Call during a component's initialisation: its shortcuts are active as long as it is mounted. */
export const useShortcuts = (shortcuts: () => readonly Shortcut[]): void => {
  $effect(() => {
    const entry: Declared = { shortcuts };
    declared = [...untrack(() => declared), entry];
    return () => {
      declared = declared.filter((other) => other !== entry);
    };
  });
};

/** What is active now, without those another one hides; for the list behind `?`. */
export const activeShortcuts = (): Shortcut[] => {
  const seen = new Set<string>();
  const active: Shortcut[] = [];
  for (const entry of declared.toReversed()) {
    for (const shortcut of entry.shortcuts()) {
      if (seen.has(shortcut.keys)) continue;
      seen.add(shortcut.keys);
      active.push(shortcut);
    }
  }
  return active;
};

/** The window's keydown listener; installed once, by the shell. */
export const handleKey = (event: KeyboardEvent): void => {
  if (event.defaultPrevented || event.isComposing || event.key === 'Shift' || event.key === 'Meta') return;
  const key = nameOf(event);
  const withModifier = key.startsWith('mod+');
  if (!withModifier && (isTyping(event.target) || isInOverlay(event.target))) return;
  if (key === 'Enter' && isOperable(event.target)) return;
  const sequence = prefix !== '' && Date.now() - prefixAtMs < sequenceWithinMs ? `${prefix} ${key}` : '';
  prefix = '';
  const found = find(sequence) ?? find(key);
  if (found !== undefined) {
    event.preventDefault();
    found.run(event);
    return;
  }
  if (startsSequence(key)) {
    prefix = key;
    prefixAtMs = Date.now();
  }
};

/** How a key is written for people: `⌘K`, `G S`, `Esc`. */
export const keyLabel = (keys: string): string =>
  keys
    .split(' ')
    .map((key) =>
      key
        .replace('mod+', isApple ? '⌘' : 'Ctrl ')
        .replace('Escape', 'Esc')
        .replace('Backspace', '⌫')
        .replace('ArrowLeft', '←')
        .replace('ArrowRight', '→')
        .replace('Shift+', '⇧')
        .replace(/(^|[⌘⇧ ])([a-z])$/, (_, before: string, letter: string) => before + letter.toUpperCase()),
    )
    .join(' ');

// ---- helpers

const isApple = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.platform);

const nameOf = (event: KeyboardEvent): string => {
  const key = event.key.length === 1 && !event.shiftKey ? event.key.toLowerCase() : event.key;
  if (event.metaKey || event.ctrlKey) return `mod+${key.toLowerCase()}`;
  if (event.altKey) return `Alt+${key}`;
  // "?" and "[" already say what they are; letters and named keys need to say that shift was held.
  return event.shiftKey && (key.length > 1 || /[A-Z]/.test(key)) ? `Shift+${key}` : key;
};

const find = (keys: string): Shortcut | undefined => {
  if (keys === '') return undefined;
  for (const entry of declared.toReversed()) {
    const shortcut = entry.shortcuts().find((candidate) => candidate.keys === keys);
    if (shortcut !== undefined) return shortcut;
  }
  return undefined;
};

const startsSequence = (key: string): boolean =>
  declared.some((entry) => entry.shortcuts().some((shortcut) => shortcut.keys.startsWith(`${key} `)));

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) &&
  !(target instanceof HTMLInputElement && /^(?:checkbox|radio|button|range)$/.test(target.type));

/** Menus, dialogs and lists of suggestions have keys of their own. */
const isInOverlay = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest('[role="menu"], [role="dialog"], [role="listbox"]') !== null;

const isOperable = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest('a[href], button, summary, [role="button"], [role="tab"]') !== null;
