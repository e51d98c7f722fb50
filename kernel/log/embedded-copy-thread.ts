/** The thread that copies the embedded log: does one step for each request, and answers with what came of it, in order. */
import { parentPort, workerData } from 'node:worker_threads';
import { type KeepFrom, openLogCopy } from './embedded-copy.ts';

/** To measure and to write are asked for until there is no answer: bytes of each step come before. */
export type CopyRequest =
  | { readonly do: 'measure' | 'write'; readonly keepFrom: KeepFrom }
  | { readonly do: 'begin' }
  | { readonly do: 'close' };

export interface CopyThreadData {
  readonly from: string;
  readonly to: string;
}

const { from, to } = workerData as CopyThreadData;
const copy = openLogCopy(from, to);
let steps: Iterator<number> | undefined;

const answer = (request: CopyRequest): number | undefined => {
  switch (request.do) {
    case 'measure':
    case 'write': {
      steps ??= copy[request.do](request.keepFrom);
      const { done, value } = steps.next();
      if (!done) return value;
      steps = undefined;
      break;
    }
    case 'begin':
      copy.begin();
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
