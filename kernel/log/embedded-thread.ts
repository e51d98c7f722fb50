/**
 * The thread that owns the log's file. Requests that wait while the disk is busy are taken together: all their appends
 * become durable in one commit, which is what makes acknowledging each request only after fsync affordable.
 */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { freeBytes } from '../free-bytes.ts';
import type { TopicDefinition } from '../topics.ts';
import { type AppendGroup, openStore, type Retain, type Store } from './embedded-store.ts';
import type { ReadLimits } from './log.ts';

export type Request =
  | { readonly id: number; readonly do: 'append'; readonly append: AppendGroup }
  | {
      readonly id: number;
      readonly do: 'read';
      readonly topic: string;
      readonly offset: number;
      readonly limits: ReadLimits;
    }
  | { readonly id: number; readonly do: 'extent'; readonly topic: string }
  | { readonly id: number; readonly do: 'offset at'; readonly topic: string; readonly timeMs: number }
  | { readonly id: number; readonly do: 'committed'; readonly group: string; readonly topic: string }
  | {
      readonly id: number;
      readonly do: 'commit';
      readonly group: string;
      readonly topic: string;
      readonly offset: number;
      readonly metadata: string;
    }
  | { readonly id: number; readonly do: 'retain'; readonly retain: Retain }
  | { readonly id: number; readonly do: 'identify' }
  | { readonly id: number; readonly do: 'ping' }
  | { readonly id: number; readonly do: 'close' };

export type Reply =
  | { readonly id: number; readonly result: unknown }
  | {
      readonly id: number;
      readonly error: { readonly name: string; readonly message: string; readonly full: boolean };
    };

export interface ThreadData {
  readonly path: string;
  readonly topics: readonly TopicDefinition[];
}

const serve = (store: Store, port: MessagePort): void => {
  const reply = (message: Reply, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);
  const fail = (id: number, error: unknown): void => {
    const { name, message, errcode } = error as Error & { errcode?: number };
    const full = errcode !== undefined && isDiskFull(errcode);
    reply({ id, error: { name, message: full ? `The log's disk does not take it: ${message}.` : message, full } });
  };

  const append = (requests: readonly Extract<Request, { do: 'append' }>[]): void => {
    const accepted = requests.filter(({ id, append: { topic } }) => {
      if (!store.isFull(topic)) return true;
      const message = `Topic ${topic} holds as much as it may, and not all of it has been processed.`;
      reply({ id, error: { name: 'LogFullError', message, full: true } });
      return false;
    });
    if (accepted.length === 0) return;
    try {
      const offsets = store.append(accepted.map((request) => request.append));
      for (const [i, { id, append }] of accepted.entries()) {
        reply({ id, result: offsets[i] });
        for (const { value } of append.records) freeBytes(value);
      }
    } catch (error) {
      // Nothing of the commit was stored; one bad request must not fail its neighbours.
      if (accepted.length === 1) fail(accepted[0]!.id, error);
      else for (const request of accepted) append([request]);
    }
  };

  const answer = (request: Exclude<Request, { do: 'append' }>): void => {
    const { id } = request;
    switch (request.do) {
      case 'read': {
        const records = store.read(request.topic, request.offset, request.limits);
        reply(
          { id, result: records },
          records.map((record) => record.value.buffer as ArrayBuffer),
        );
        break;
      }
      case 'extent':
        reply({ id, result: store.extent(request.topic) });
        break;
      case 'offset at':
        reply({ id, result: store.offsetAt(request.topic, request.timeMs) });
        break;
      case 'committed':
        reply({ id, result: store.committed(request.group, request.topic) });
        break;
      case 'commit':
        store.commit(request.group, request.topic, request.offset, request.metadata);
        reply({ id, result: undefined });
        break;
      case 'retain':
        reply({ id, result: store.retain(request.retain) });
        break;
      case 'identify':
        reply({ id, result: store.id });
        break;
      case 'ping':
        reply({ id, result: undefined });
        break;
      case 'close':
        store.close();
        reply({ id, result: undefined });
        port.close();
    }
  };

  port.on('message', (first: Request) => {
    const requests = [first];
    for (let more = receiveMessageOnPort(port); more; more = receiveMessageOnPort(port)) requests.push(more.message);
    append(requests.filter((request) => request.do === 'append'));
    for (const request of requests) {
      if (request.do === 'append') continue;
      try {
        answer(request);
      } catch (error) {
        fail(request.id, error);
      }
    }
  });
};

/** SQLite's result codes SQLITE_FULL (13) and SQLITE_IOERR (10), with their extended forms in the higher bits. */
const isDiskFull = (errcode: number): boolean => (errcode & 0xff) === 13 || (errcode & 0xff) === 10;

const { path, topics } = workerData as ThreadData;
serve(openStore(path, topics), parentPort!);
