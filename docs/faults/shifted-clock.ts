/**
 * Preloaded into the program with `--import`: when it is sent SIGUSR2, its wall clock steps by what
 * SYNTRA_FAULT_CLOCK_STEP_MS says, in every thread. Timers and `performance.now` go on as they do when a machine's
 * clock is set.
 */
import process from 'node:process';
import { BroadcastChannel, isMainThread } from 'node:worker_threads';

const stepMs = Number(process.env.SYNTRA_FAULT_CLOCK_STEP_MS ?? 0);

if (stepMs !== 0) {
  const RealDate = Date;
  let offsetMs = 0;
  const now = (): number => RealDate.now() + offsetMs;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as object,
    apply: () => new RealDate(now()).toString(),
    get: (target, property, receiver) => (property === 'now' ? now : Reflect.get(target, property, receiver)),
  });
  const threads = new BroadcastChannel('syntra:fault:clock');
  // Threads must not be kept from ending by this.
  threads.unref();
  threads.onmessage = () => {
    offsetMs = stepMs;
  };
  if (isMainThread) {
    process.on('SIGUSR2', () => {
      offsetMs = stepMs;
      threads.postMessage('step');
    });
  }
}
