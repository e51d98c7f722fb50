/**
 * Preloaded into every process that the suite starts: when whoever started it is gone, however that ended, it ends too.
 * In order first, so that what it has started ends with it.
 */
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  const parent = process.ppid;
  const look = (): void => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), 5_000).unref();
  };
  const timer = setInterval(look, 500).unref();
}
