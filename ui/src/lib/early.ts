/**
 * Answers that were asked for before anybody wanted them: by app.html while our scripts were still on their way, and when
 * the pointer goes down on a link. Each is handed out once, and only while it is news.
 */

interface Early {
  readonly answer: Promise<Response>;
  /** By `performance.now()`. */
  readonly askedMs: number;
}

declare global {
  interface Window {
    syntraEarly?: Map<string, Early>;
  }
}

const newsForMs = 10_000;

/** Undefined for what was not asked for, was handed out already, or is old. */
export const takeEarly = (url: string): Promise<Response> | undefined => {
  const early = window.syntraEarly?.get(url);
  window.syntraEarly?.delete(url);
  return early !== undefined && performance.now() - early.askedMs < newsForMs ? early.answer : undefined;
};

export const askEarly = (url: string): void => {
  window.syntraEarly ??= new Map();
  // One at a time: what was foreseen and did not come about is not kept.
  window.syntraEarly.clear();
  const answer = fetch(url, { credentials: 'same-origin' });
  // Whoever asks for it in earnest is told what went wrong.
  answer.catch(() => {});
  window.syntraEarly.set(url, { answer, askedMs: performance.now() });
};
