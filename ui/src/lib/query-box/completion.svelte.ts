/** What the server makes of the text in a query box: its tokens, its error, and what may follow the cursor. */
import type { Completion } from '../../../../api/contract/search.ts';
import { get } from '../api.ts';
import { session } from '../session.svelte.ts';
import { timeRange } from '../time-range.svelte.ts';
import { carried } from './segments.ts';

export type Suggestion = Completion['suggestions'][number];

export interface Completing {
  readonly tokens: Completion['tokens'];
  /** Of the text as it is now; null while that is not known. */
  readonly error: Completion['error'];
  readonly suggestions: readonly Suggestion[];
  /** Asks for this text, a moment after the last of several calls; what was asked before is aborted. */
  ask(text: string, cursor: number): void;
  stop(): void;
}

const quietForMs = 120;

export const createCompletion = (signal: () => 'spans' | 'logs'): Completing => {
  let tokens = $state.raw<Completion['tokens']>([]);
  let error = $state.raw<Completion['error']>(null);
  let suggestions = $state.raw<readonly Suggestion[]>([]);
  let known = '';
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: AbortController | undefined;

  const stop = (): void => {
    clearTimeout(timer);
    running?.abort();
  };

  const load = async (text: string, cursor: number): Promise<void> => {
    const controller = new AbortController();
    running = controller;
    const { fromMs, toMs } = timeRange;
    try {
      const answer = await get(
        '/projects/:projectId/complete',
        { projectId: session.projectId, signal: signal(), q: text, cursor, fromMs, toMs },
        controller.signal,
      );
      known = text;
      tokens = answer.tokens;
      error = answer.error;
      suggestions = answer.suggestions;
    } catch {
      // Without completion the box is still a box: the search itself says what is wrong with the text.
    }
  };

  return {
    get tokens() {
      return tokens;
    },
    get error() {
      return error;
    },
    get suggestions() {
      return suggestions;
    },
    ask(text, cursor) {
      stop();
      if (text !== known) {
        tokens = carried(tokens, known, text);
        error = null;
        known = text;
      }
      timer = setTimeout(() => void load(text, cursor), quietForMs);
    },
    stop,
  };
};
