/** Other languages' toolchains: whether they are here, and what was built with them, kept outside of the repository. */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';

export interface Toolchain {
  readonly name: string;
  /** Each must succeed, e.g. `['go', 'version']`. */
  readonly probes: readonly (readonly [string, ...string[]])[];
  readonly howToGet: string;
}

/**
 * @returns whether it is here; when not, says so aloud, so that a skipped test is never a silent one.
 * @throws Error where CI is set: there everything has to run.
 */
export const isHere = ({ name, probes, howToGet }: Toolchain): boolean => {
  const failed = probes.find(([command, ...args]) => spawnSync(command, args, { stdio: 'ignore' }).status !== 0);
  if (failed === undefined) return true;
  const sentence = `${name} is missing or too old (\`${failed.join(' ')}\` fails): ${howToGet}`;
  if (process.env.CI) throw new Error(sentence);
  console.error(`\n⚠ SKIPPED: ${sentence}\n`);
  return false;
};

/**
 * A directory that `build` has filled, once per content of `sources`. In the user's cache: it survives a fresh clone.
 * @throws Error with the output of whatever failed.
 */
export const cached = async (
  name: string,
  sources: string,
  build: (directory: string) => Promise<void>,
): Promise<string> => {
  const directory = cachedAt(name, sources);
  if (existsSync(directory)) return directory;
  const home = dirname(directory);
  await mkdir(home, { recursive: true });
  const unfinished = await mkdtemp(join(home, `${name}.`));
  try {
    await build(unfinished);
    await rename(unfinished, directory);
  } catch (error) {
    // Somebody else may have been building the same.
    if (!existsSync(directory)) throw error;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return directory;
};

/** Where `cached` keeps it, whether it has been built or not. */
export const cachedAt = (name: string, sources: string): string => {
  const home = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'syntra-interop');
  return join(home, `${name}-${fingerprint(sources)}`);
};

const fingerprint = (directory: string): string => {
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}`);
  for (const file of globSync('*', { cwd: directory }).sort()) {
    hash.update(`\0${file}\0`).update(readFileSync(join(directory, file)));
  }
  return hash.digest('hex').slice(0, 16);
};

/** What the command prints. @throws Error with all of its output when it fails. */
export const run = async (
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<string> => {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [printed, complaints, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${printed}\n${complaints}`);
  return printed;
};
