/** The rules of the house that a machine can see (ARCHITECTURE.md says why they are there). */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';

const root = import.meta.dirname;
const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path !== '');
const sources = tracked.filter((path) => /\.(ts|mts|mjs|svelte)$/.test(path) && !path.endsWith('.d.ts'));
const isTest = (path: string): boolean => /\.test\.ts$|\/interop\/|^ui\/tests\/|\/test-/.test(path);
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

/** Imports of our own files, with the path they lead to. */
const importsOf = (path: string): Import[] =>
  [
    ...read(path).matchAll(/^\s*(?:import|export)\s+(?<type>type\s)?[^'";]*?from\s+'(?<to>\.[^']+)'/gm),
    // For what it does, or when it is needed: neither is a type.
    ...read(path).matchAll(/\bimport[\s(]\s*'(?<to>\.[^']+)'/g),
  ].map(({ groups }) => ({
    from: path,
    to: normalize(join(dirname(path), groups!.to!)),
    typeOnly: groups!.type !== undefined,
  }));

const imports = sources.filter((path) => !isTest(path)).flatMap(importsOf);
const topOf = (path: string): string => path.split('/')[0]!;

/** Whom each part of the pipeline may import, besides itself. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  kernel: [],
  ingest: ['kernel'],
  processors: ['kernel'],
  api: ['kernel'],
  ai: ['kernel', 'api'],
  agent: [],
  'sdk-js': [],
  ui: [],
  cli: [],
  bench: ['kernel', 'ingest', 'processors', 'api', 'docs', 'cli'],
  docs: ['kernel', 'cli', 'api'],
};
/** These share the contract's types and nothing else. */
const typesOnly: Readonly<Record<string, readonly string[]>> = { ui: ['api'], cli: ['api'], agent: ['kernel', 'api'] };

test('imports point towards the kernel', () => {
  const wrong = imports.filter(({ from, to, typeOnly }) => {
    const [a, b] = [topOf(from), topOf(to)];
    if (a === b || !from.includes('/')) return false;
    if (typeOnly && typesOnly[a]?.includes(b)) return false;
    return !mayImport[a]?.includes(b);
  });
  expect(wrong).toEqual([]);
});

test('what only tests need is imported by tests alone', () => {
  const wrong = imports.filter(({ from, to }) => isTest(to) && !/^(bench|docs)\//.test(from));
  expect(wrong).toEqual([]);
});

test('a file is one component: at most 300 lines', () => {
  const long = sources
    .filter((path) => !isTest(path))
    .map((path) => ({ path, lines: read(path).split('\n').length }))
    .filter(({ lines }) => lines > 300);
  expect(long).toEqual([]);
});

test('a file says in its first lines what it is for', () => {
  const silent = sources
    .filter((path) => /\.m?[tj]s$/.test(path) && !isTest(path) && !/\.config\.ts$|^ui\/|\+(page|layout)/.test(path))
    .filter((path) => !/^(#!.*\n)?\/\*\*/.test(read(path)));
  expect(silent).toEqual([]);
});

test('there are no drawers, no barrels and no enums', () => {
  const drawers = tracked.filter((path) =>
    /(^|\/)(utils?|helpers?|common|types|manager|service|misc|shared)\.(ts|js|svelte)$/.test(path),
  );
  expect(drawers).toEqual([]);
  const barrels = sources.filter((path) => /^export \* from|^\s*(export )?(const )?enum /m.test(read(path)));
  expect(barrels).toEqual([]);
});

test('only config.ts reads the environment of the server', () => {
  const readers = sources.filter(
    (path) =>
      /^(kernel|ingest|processors|api|main\.ts)/.test(path) &&
      !isTest(path) &&
      path !== 'kernel/config.ts' &&
      /process\.env/.test(read(path)),
  );
  expect(readers).toEqual([]);
});

test('nothing was left for later, and no test is skipped for good', () => {
  const marks = new RegExp(
    [
      'TO',
      'DO|FIX',
      'ME|X',
      'XX|\\b(test|it|describe)\\.(skip|only|todo)\\(|biome-',
      'ignore|@ts-',
      '(ignore|expect-error)|\\bas any\\b',
    ].join(''),
  );
  const left = sources.filter((path) => marks.test(read(path)) && path !== 'tidy.test.ts');
  expect(left).toEqual([]);
});
