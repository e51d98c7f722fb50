/** Builds the explorer when its sources have changed since the last build. `node cli/build-explorer.ts`, or from another script. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const stamp = join(root, 'ui', 'build', '.built-from');
/** The explorer takes types from the contract alone, so nothing else can change what a build gives. */
const sources = ['ui/src/**/*', 'ui/static/**/*', 'ui/*.{ts,js,json}', 'api/contract/**/*.ts', 'api/contract.ts'];

/** @throws Error with the build's output when it fails. */
export const buildExplorer = (): void => {
  const wanted = fingerprint();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.error('Building the explorer (once per change of it)…');
  const { status, stdout, stderr } = spawnSync('npm', ['run', 'build', '-w', 'ui'], { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`The explorer could not be built:\n${stdout}\n${stderr}`);
  writeFileSync(stamp, wanted);
};

const fingerprint = (): string => {
  const hash = createHash('sha256');
  for (const path of globSync(sources, { cwd: root, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()) {
    hash.update(path.slice(root.length)).update(readFileSync(path));
  }
  return hash.digest('hex');
};

if (import.meta.main) buildExplorer();
