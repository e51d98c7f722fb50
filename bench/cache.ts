/** Where benches keep what takes long to make: large stores, programs that are built. Outside of the repository. */
import { homedir } from 'node:os';
import { join } from 'node:path';

export const cachePath = (name: string): string =>
  join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'syntra-bench', name);
