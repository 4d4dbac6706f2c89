import { writeFileSync } from 'node:fs';
import { EXIT, exitWith } from 'prodwork/process';
import { OptionError, parseOptions, USAGE } from './options.ts';
import { runScenario, type ScenarioResult, versionOf } from './run-scenario.ts';
import { scenarios } from './scenarios/all.ts';

/** A scenario without `--minutes` may take this long. */
const MINUTES = 3;

/** The shape that `--json` writes: the sums of a run, and each scenario with its checks. */
function report(seed: number, results: readonly ScenarioResult[]): object {
  const sum = (field: 'jobs' | 'lost' | 'phantom' | 'duplicateStarts' | 'overlaps' | 'doubleCommits'): number =>
    results.reduce((total, { verdict }) => total + (verdict?.[field] ?? 0), 0);
  const slowest = results.map(({ verdict }) => verdict?.recoveryMs).find((spread) => (spread?.max ?? 0) > 0);
  return {
    seed,
    versions: {
      prodwork: versionOf('packages/shared'),
      ioredis: versionOf('packages/shared/node_modules/ioredis'),
      node: process.version,
    },
    jobs: sum('jobs'),
    faults: results.flatMap(({ faults }) => faults),
    lost: sum('lost'),
    phantom: sum('phantom'),
    duplicateStarts: sum('duplicateStarts'),
    overlaps: sum('overlaps'),
    doubleCommits: sum('doubleCommits'),
    recoveryMs: slowest ?? { p50: 0, p99: 0, max: 0 },
    scenarios: results.map(({ timeline, ...rest }) => rest),
  };
}

async function main(argv: readonly string[]): Promise<number> {
  const options = parseOptions(argv);
  if (options === 'help') {
    console.log(USAGE);
    return EXIT.ok;
  }
  const chosen = options.only.length === 0 ? scenarios : scenarios.filter(({ id }) => options.only.includes(id));
  const missing = options.only.filter((id) => !scenarios.some((scenario) => scenario.id === id));
  if (missing.length > 0) {
    throw new OptionError(
      `no such scenario: ${missing.join(', ')}; there are ${scenarios.map(({ id }) => id).join(', ')}`,
    );
  }
  console.log(`chaos: seed ${options.seed}, engine ${options.engine}, ${chosen.map(({ id }) => id).join(', ')}`);
  const results: ScenarioResult[] = [];
  for (const scenario of chosen) {
    const startedAt = Date.now();
    const result = await runScenario(scenario, {
      seed: options.seed,
      budgetMs: ((options.minutes ?? MINUTES) * 60_000) / chosen.length,
      world: { engine: options.engine },
      say: (text) =>
        console.log(`${scenario.id} ${((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${text}`),
    });
    console.log(`${scenario.id} ${result.outcome}${result.why === undefined ? '' : `: ${result.why}`}`);
    results.push(result);
  }
  if (options.json !== undefined)
    writeFileSync(options.json, `${JSON.stringify(report(options.seed, results), null, 2)}\n`);
  const count = (outcome: ScenarioResult['outcome']): number =>
    results.filter((result) => result.outcome === outcome).length;
  console.log(`${count('green')} passed, ${count('red')} failed, ${count('skipped')} skipped`);
  return count('red') > 0 ? EXIT.failed : EXIT.ok;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof OptionError)) throw error;
  exitWith(EXIT.config, error.message);
}
