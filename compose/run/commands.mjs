/**
 * Every command of the root package.json: the module that is it, run by Node 24.
 * Plain JavaScript, because it is read before anything is installed.
 * @type {Readonly<Record<string, string>>}
 */
export const COMMANDS = {
  start: 'compose/run/start.ts',
  test: 'compose/run/test.ts',
  'test:compose': 'test/e2e/compose/main.ts',
  'test:engines': 'test/engines/main.ts',
  chaos: 'test/chaos/main.ts',
  bench: 'test/bench/main.ts',
  lint: 'compose/run/lint.ts',
  format: 'compose/run/format.ts',
  build: 'compose/run/build.ts',
  audit: 'compose/run/audit.ts',
  prodwork: 'packages/cli/src/main.ts',
  pictures: 'test/e2e/pictures/main.ts',
};
