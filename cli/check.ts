/** `npm run check`: format, lint and types, of the server and of the explorer. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** @returns true when every check passes; what fails has printed why. */
export const runChecks = (): boolean =>
  [
    ['biome', 'check', '.'],
    ['tsc', '--project', '.'],
    ['npm', 'run', '--silent', 'check', '-w', 'ui'],
  ]
    .map(([command, ...args]) => {
      const { status } = spawnSync(command!, args, { cwd: root, stdio: 'inherit' });
      if (status !== 0) console.error(`✗ ${command} ${args.join(' ')}`);
      return status === 0;
    })
    .every(Boolean);

if (import.meta.main) process.exit(runChecks() ? 0 : 1);
