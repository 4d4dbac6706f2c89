/** `npm test`: every check and test that needs no Docker engine and no second kind of server. Arguments go to vitest: `npm test -- test/unit`. */
import { findChromium } from './checks/chromium.ts';
import { findTestPostgres } from './checks/postgres.ts';
import { staticChecks } from './checks/static.ts';
import { runSuite } from './checks/suite.ts';
import { totalsLine } from './checks/totals.ts';
import { findServerBinary, NoRedisError } from './redis/find.ts';
import { machineProbes } from './redis/probes.ts';

const BROWSER_TESTS = 'test/e2e/browser/**';
const say = (text: string): void => void process.stdout.write(`prodwork: ${text}\n`);

async function main(args: readonly string[]): Promise<number> {
  const redis = await findServerBinary(machineProbes(process.env, say));
  say(`tests use ${redis.title} (${redis.path})`);
  const chromium = await findChromium(process.env, say);
  const postgres = await findTestPostgres(process.env, say);
  const failedChecks = await staticChecks();

  const env = { ...process.env, REDIS_SERVER_BIN: redis.path, ...(chromium ? { CHROMIUM_BIN: chromium } : {}) };
  const totals = await runSuite(chromium ? args : ['--exclude', BROWSER_TESTS, ...args], env);

  if (chromium === undefined) say(`left out: ${BROWSER_TESTS}, which needs chromium on PATH`);
  if (postgres === undefined)
    say('left out: what needs a Postgres server (npm start -- --noteboard names the install line)');
  say('left out: what needs a Docker engine (npm run test:compose) or other servers (npm run test:engines)');
  if (failedChecks.length > 0) say(`${failedChecks.join(' and ')} found faults; each counts as one failure below`);
  const failed = totals.failed + failedChecks.length;
  process.stdout.write(`${totalsLine({ ...totals, failed })}\n`);
  return failed === 0 ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof NoRedisError)) throw error;
  say(error.message);
  process.exitCode = 1;
}
