/** Colours for canvas: tokens resolved to what the theme makes of them now, and a version that changes with the theme. */
import { createSubscriber } from 'svelte/reactivity';

let resolved = new Map<string, string>();

const subscribe = createSubscriber((update) => {
  const changed = (): void => {
    resolved = new Map();
    update();
  };
  const system = matchMedia('(prefers-color-scheme: dark)');
  const contrast = matchMedia('(prefers-contrast: more)');
  system.addEventListener('change', changed);
  contrast.addEventListener('change', changed);
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  return () => {
    system.removeEventListener('change', changed);
    contrast.removeEventListener('change', changed);
    observer.disconnect();
  };
});

/** The colour of a token (`ink`, `s1`, `error`); reactive: what draws with it draws again when the theme changes. */
export const tokenColor = (name: string): string => {
  subscribe();
  const known = resolved.get(name);
  if (known !== undefined) return known;
  const probe = document.createElement('i');
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const color = getComputedStyle(probe).color;
  probe.remove();
  resolved.set(name, color);
  return color;
};
