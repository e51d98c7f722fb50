/** The thread that copies the embedded log: answers each request with its result, in order. */
import { parentPort, workerData } from 'node:worker_threads';
import { type KeepFrom, openLogCopy } from './embedded-copy.ts';

export type CopyRequest =
  | { readonly do: 'measure'; readonly keepFrom: KeepFrom }
  | { readonly do: 'begin' }
  | { readonly do: 'write'; readonly keepFrom: KeepFrom }
  | { readonly do: 'close' };

export interface CopyThreadData {
  readonly from: string;
  readonly to: string;
}

const { from, to } = workerData as CopyThreadData;
const copy = openLogCopy(from, to);

const answer = (request: CopyRequest): number | undefined => {
  switch (request.do) {
    case 'measure':
      return copy.measure(request.keepFrom);
    case 'begin':
      copy.begin();
      break;
    case 'write':
      copy.write(request.keepFrom);
      break;
    case 'close':
      copy.close();
  }
  return undefined;
};

parentPort!.on('message', (request: CopyRequest) => {
  parentPort!.postMessage(answer(request));
  if (request.do === 'close') parentPort!.close();
});
