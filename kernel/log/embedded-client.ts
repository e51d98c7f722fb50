/** Requests to the log's thread, and their answers. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { OperatorError } from '../operator-error.ts';
import type { Reply, Request, ThreadData } from './embedded-thread.ts';
import { LogFullError } from './log.ts';

type WithoutId<R> = R extends { readonly id: number } ? Omit<R, 'id'> : never;

export interface LogThread {
  /** @throws LogFullError when the disk or the topic is full. */
  ask<Result>(request: WithoutId<Request>, transfer?: readonly ArrayBuffer[]): Promise<Result>;
  close(): Promise<void>;
}

/**
 * @param onDeath told when the thread has ended although nobody closed it; not while it starts
 * @throws OperatorError when the file cannot be used
 */
export const startLogThread = async (data: ThreadData, onDeath: (error: Error) => void): Promise<LogThread> => {
  const worker = new Worker(new URL('./embedded-thread.ts', import.meta.url), {
    name: 'log',
    workerData: data,
  });
  const open = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  let nextId = 1;
  let dead: Error | undefined;
  let inUse = false;

  const die = (error: Error): void => {
    const first = dead === undefined;
    dead ??= error;
    for (const { reject } of open.values()) reject(dead);
    open.clear();
    if (first && inUse) onDeath(error);
  };
  worker.on('message', (reply: Reply) => {
    const asked = open.get(reply.id);
    if (!asked) return;
    open.delete(reply.id);
    if ('error' in reply) asked.reject(asError(reply.error));
    else asked.resolve(reply.result as never);
  });
  worker.on('error', die);
  worker.on('exit', (code) => die(new Error(`The log's thread ended with code ${code}.`)));

  const thread: LogThread = {
    ask<Result>(request: WithoutId<Request>, transfer: readonly ArrayBuffer[] = []) {
      if (dead) return Promise.reject(dead);
      const id = nextId++;
      const { promise, resolve, reject } = Promise.withResolvers<Result>();
      worker.postMessage({ id, ...request }, transfer as ArrayBuffer[]);
      open.set(id, { resolve: resolve as (value: never) => void, reject });
      return promise;
    },
    async close() {
      if (dead) return;
      inUse = false;
      const ended = once(worker, 'exit');
      await thread.ask({ do: 'close' });
      await ended;
    },
  };
  await thread.ask({ do: 'ping' }).catch((error: Error) => {
    throw new OperatorError(`The log ${data.path} cannot be opened: ${error.message}`);
  });
  inUse = true;
  return thread;
};

const asError = ({ message, full }: { message: string; full: boolean }): Error =>
  full ? new LogFullError(message) : new Error(message);
