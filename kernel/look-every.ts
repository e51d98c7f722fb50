/**
 * Looks at something again and again, until the returned function is called. What fails is tried again with the next look.
 * There is never more than one at a time: a file system that hangs must not collect questions.
 */
export const lookEvery = (intervalMs: number, look: () => Promise<unknown>): (() => void) => {
  let looking = false;
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    look()
      .catch(() => {})
      .finally(() => {
        looking = false;
      });
  }, intervalMs).unref();
  return () => clearInterval(timer);
};
