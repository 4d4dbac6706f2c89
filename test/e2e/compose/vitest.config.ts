import { defineConfig } from 'vitest/config';

// One stack for all, and a real clock: one file after the other, one test after the other.
export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'], externalConditions: ['source'] } },
  test: {
    root: import.meta.dirname,
    include: ['*.test.ts'],
    fileParallelism: false,
    pool: 'forks',
    execArgv: ['--conditions=source'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    disableConsoleIntercept: true,
    bail: 0,
  },
});
