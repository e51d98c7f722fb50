import { defineConfig } from 'vitest/config';

// Files run in processes of their own: chDB serves one data directory per process.
const shared = {
  pool: 'forks',
  testTimeout: 30_000,
  hookTimeout: 60_000,
  expect: { poll: { timeout: 20_000 } },
} as const;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['{kernel,ingest,processors,api,cli}/**/*.test.ts', 'ui/src/**/*.test.ts', '*.test.ts'],
          exclude: ['ingest/interop/**', '**/node_modules/**', '**/*.slow.test.ts'],
        },
      },
      {
        test: {
          ...shared,
          name: 'slow',
          include: ['{kernel,ingest,processors,api}/**/*.slow.test.ts'],
          testTimeout: 300_000,
        },
      },
      {
        test: {
          ...shared,
          name: 'guide',
          include: ['docs/**/*.test.ts', 'ui/tests/**/*.test.ts'],
          testTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          ...shared,
          name: 'interop',
          include: ['ingest/interop/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 900_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
