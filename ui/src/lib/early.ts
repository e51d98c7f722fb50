/**
 * Answers that were asked for by the page itself, before any of our scripts had arrived (app.html): the session, the
 * projects, the setup, and the trace where the address is one. Each is handed out once: whoever asks again wants news.
 */

declare global {
  interface Window {
    syntraEarly?: Map<string, Promise<Response>>;
  }
}

/** Undefined for what was not asked for, or was handed out already. */
export const takeEarly = (url: string): Promise<Response> | undefined => {
  const answer = window.syntraEarly?.get(url);
  window.syntraEarly?.delete(url);
  return answer;
};
