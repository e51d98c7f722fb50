/** Runs a command of the program on a data directory, as an operator would: `node main.ts backup --to …` and the others. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** @returns what it printed. @throws Error with what it complained of when it fails. */
export const runSyntra = async (dataDir: string, ...args: readonly string[]): Promise<string> => {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../main.ts'), ...args], {
    env: { ...process.env, SYNTRA_DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [printed, complaints, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${complaints}`);
  return printed;
};
