/** Runs the generator (`load.ts`) in a process of its own, so that its CPU is not counted as the server's. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { LoadResult } from './load.ts';

/** @throws Error when the generator fails */
export const runLoad = async (otlpHttpUrl: string, seconds: number, connections: number): Promise<LoadResult> => {
  const args = [join(import.meta.dirname, 'load.ts'), otlpHttpUrl, String(seconds), String(connections)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`The generator ended with ${code}.`);
  return JSON.parse(printed) as LoadResult;
};
