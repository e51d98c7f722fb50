/** The fields shown beside the message: those in the URL, else those chosen last on this machine, else chosen per line. */
import { param, setParams } from '#lib/url-state.svelte.ts';

const storageKey = 'syntra.logs.fields';

const read = (): string => {
  try {
    return localStorage.getItem(storageKey) ?? '';
  } catch {
    return '';
  }
};

let kept = $state(read());

export const fieldChoice = {
  /** Null: those that say most about each line. */
  get keys(): readonly string[] | null {
    const text = param('fields') || kept;
    return text === '' ? null : text.split(',').filter((key) => key !== '');
  },
  choose(keys: readonly string[] | null): void {
    kept = keys?.join(',') ?? '';
    try {
      localStorage.setItem(storageKey, kept);
    } catch {
      // Storage is denied: the choice lasts as long as the page.
    }
    void setParams({ fields: kept }, 'replace');
  },
};
