import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'], externalConditions: ['source'] } },
  test: {
    // test/e2e/compose and test/engines have commands of their own.
    include: ['test/{unit,conformance,integration,model}/**/*.test.ts', 'test/e2e/browser/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
    execArgv: ['--conditions=source'],
  },
});
