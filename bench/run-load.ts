/** Runs the generator (`load.ts`) in a process of its own, so that its CPU is not counted as the server's. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { LoadOptions, LoadResult } from './load.ts';

/** What is not said: spans, 500 a request, over 8 connections, as fast as they are acknowledged. @throws Error when the generator fails */
export const runLoad = async (
  otlpHttpUrl: string,
  options: Partial<LoadOptions> & Pick<LoadOptions, 'seconds'>,
): Promise<LoadResult> => {
  const args = [join(import.meta.dirname, 'load.ts'), otlpHttpUrl, JSON.stringify(options)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [printed, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  if (code !== 0) throw new Error(`The generator ended with ${code}.`);
  return JSON.parse(printed) as LoadResult;
};

export const recordsOf = ({ acknowledged }: LoadResult): number =>
  acknowledged.traces + acknowledged.logs + acknowledged.metrics;

/** Requests that were not taken, as they ended; empty when all were. */
export const refusalsOf = ({ outcomes }: LoadResult): string =>
  Object.entries(outcomes)
    .filter(([outcome]) => outcome !== '200')
    .map(([outcome, count]) => `${count} × ${outcome}`)
    .join(', ');
