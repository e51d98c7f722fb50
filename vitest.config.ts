import { defineConfig } from 'vitest/config';

// Files run in processes of their own: chDB serves one data directory per process.
const shared = {
  pool: 'forks',
  testTimeout: 30_000,
  hookTimeout: 60_000,
  expect: { poll: { timeout: 20_000 } },
} as const;
const parts = '{kernel,ingest,processors,api,cli,bench}';
const others = ['**/node_modules/**', '**/interop/**', '**/*.stored.test.ts', '**/*.slow.test.ts'];

export default defineConfig({
  test: {
    // One for each core of a small machine: Vitest would leave one idle, and half of two is half the speed.
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: [`${parts}/**/*.test.ts`, 'ui/src/**/*.test.ts', '*.test.ts'],
          exclude: others,
        },
      },
      // Against real stores, real sockets, real processes that are killed: a second or more each.
      {
        test: {
          ...shared,
          name: 'stored',
          include: [`${parts}/**/*.stored.test.ts`, '*.stored.test.ts'],
          testTimeout: 60_000,
        },
      },
      { test: { ...shared, name: 'slow', include: [`${parts}/**/*.slow.test.ts`], testTimeout: 300_000 } },
      {
        test: {
          ...shared,
          name: 'guide',
          include: ['docs/guide/**/*.test.ts', 'docs/shop/**/*.test.ts', 'ui/tests/**/*.test.ts'],
          testTimeout: 120_000,
          fileParallelism: false,
        },
      },
      // What is promised, while everything is killed, cut off and filled up: `npm run test:faults` says it all.
      { test: { ...shared, name: 'faults', include: ['docs/faults/**/*.test.ts'] } },
      {
        test: {
          ...shared,
          name: 'interop',
          include: ['{ingest,api}/interop/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 900_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
