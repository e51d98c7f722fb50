/** A figure that is asked for every few seconds, so that however many look at it, one asks; and known only while it is new. */

export interface Fresh<Value> {
  /** Undefined when it could not be had for a while. */
  value(): Value | undefined;
  close(): void;
}

const everyMs = 5_000;
const staleMs = 15_000;

/** While an answer is waited for, none other is asked for: what hangs must not gather. */
export const keepFresh = <Value>(read: () => Promise<Value>): Fresh<Value> => {
  let newest: { readonly value: Value; readonly atMs: number } | undefined;
  let reading = false;
  const renew = async (): Promise<void> => {
    if (reading) return;
    reading = true;
    try {
      newest = { value: await read(), atMs: performance.now() };
    } catch {
      // It grows old, and is then not known.
    }
    reading = false;
  };
  void renew();
  const timer = setInterval(() => void renew(), everyMs).unref();
  return {
    value: () => (newest && performance.now() - newest.atMs <= staleMs ? newest.value : undefined),
    close: () => clearInterval(timer),
  };
};
