/** Where the browser of the browser tests is, and how a machine gets one. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';

const usualPlaces = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** @returns the browser's path, after installing Debian's where that is possible without asking; undefined where it is not. */
export const provideChromium = (env: Readonly<Record<string, string | undefined>>): string | undefined =>
  findChromium(env) ?? (installFromDebian() ? findChromium(env) : undefined);

const findChromium = (env: Readonly<Record<string, string | undefined>>): string | undefined =>
  [env.CHROMIUM_PATH, ...usualPlaces].filter((path) => path !== undefined).find(isExecutable);

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

const installFromDebian = (): boolean => {
  if (process.getuid?.() !== 0 || !isExecutable('/usr/bin/apt-get')) return false;
  console.error('Installing Chromium for the browser tests…');
  const apt = (...args: string[]) =>
    spawnSync('apt-get', args, { stdio: ['ignore', 2, 2], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
      .status === 0;
  return apt('update', '-qq') && apt('install', '-y', '-qq', '--no-install-recommends', 'chromium');
};
