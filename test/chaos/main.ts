import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXIT, exitWith } from 'prodwork/process';
import { findServerBinary, NoRedisError } from '../../compose/run/redis/find.ts';
import { machineProbes } from '../../compose/run/redis/probes.ts';
import { controls } from './controls/controls.ts';
import { mixed } from './mixed/mixed.ts';
import { soak } from './mixed/soak.ts';
import { buildMutant } from './mutants/mutant.ts';
import { mutations } from './mutants/mutations.ts';
import { type ChaosOptions, OptionError, parseOptions, USAGE } from './options.ts';
import { randomOf } from './random.ts';
import { DOCUMENT_FILE, keep, readKept, writeKept } from './report/kept.ts';
import { reportPage } from './report/page.ts';
import { resultsDocument } from './report/results-document.ts';
import { summaryOf, versions } from './report/summary.ts';
import { runScenario, type ScenarioResult } from './run-scenario.ts';
import { type Teller, tellerOf } from './say.ts';
import { scenarios } from './scenarios/all.ts';
import type { Scenario } from './stage.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** A mixed run without `--minutes`. */
const MIXED_MINUTES = 2;
const MIXED_RATE = 120;
/** A scenario of the matrix may take this long, unless `--minutes` says otherwise. */
const SCENARIO_MINUTES = 5;
const QUICK_MINUTES = 0.7;
/** What is red on purpose is not waited for as long as what should end well. */
const DRAIN_RED_MS = 15_000;

async function main(argv: readonly string[]): Promise<number> {
  const options = parseOptions(argv);
  if (options === 'help') {
    process.stdout.write(`${USAGE}\n`);
    return EXIT.ok;
  }
  const teller = tellerOf(process.stdout);
  const plan = planRuns(options);
  const probes = machineProbes(process.env, (text) => teller.line(`chaos: ${text}`));
  // Read by those that start a server.
  process.env.REDIS_SERVER_BIN = (await findServerBinary(probes)).path;
  const made = Object.entries(versions()).map(([name, version]) => `${name} ${version}`);
  teller.line(`chaos: seed ${options.seed}, engine ${options.engine}, ${made.join(', ')}`);
  const results: ScenarioResult[] = [];
  for (const run of plan) {
    teller.line('');
    const result = await run(teller);
    results.push(result);
    teller.line(`${result.id} ${wordsFor(result)}`);
    // After each one: a run that is broken off leaves what it has found.
    write(options, results);
  }
  const failed = results.filter(hasFailed).length;
  const skipped = results.filter(({ outcome }) => outcome === 'skipped').length;
  tellSums(teller, options.seed, results);
  const passed = results.length - failed - skipped;
  teller.line(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  return failed > 0 ? EXIT.failed : EXIT.ok;
}

type Run = (teller: Teller) => Promise<ScenarioResult>;

function planRuns(options: ChaosOptions): readonly Run[] {
  const { seed, minutes, only, isMatrix, isQuick } = options;
  const mixture = mixed(seed, options.rate ?? MIXED_RATE);
  const matrix = [...scenarios, soak(seed)];
  const known = [...matrix, mixture];
  const wanted = isMatrix && only.length === 0 ? matrix.map(({ id }) => id) : only;
  const missing = wanted.filter((id) => !known.some((scenario) => scenario.id === id));
  if (missing.length > 0) {
    throw new OptionError(`no such scenario: ${missing.join(', ')}; there are ${known.map(({ id }) => id).join(', ')}`);
  }
  const provesOnly = options.mutations.length + options.controls.length > 0 && minutes === undefined;
  const chosen = wanted.length > 0 ? known.filter(({ id }) => wanted.includes(id)) : provesOnly ? [] : [mixture];
  const perScenario = minutes ?? (isQuick ? QUICK_MINUTES : SCENARIO_MINUTES);
  const runs: Run[] = chosen.map((scenario) => {
    const budgetMs = (scenario === mixture ? (minutes ?? MIXED_MINUTES) : perScenario) * 60_000;
    return (teller) => play(scenario, budgetMs, options, teller);
  });
  const all = isMatrix && only.length === 0 && !isQuick;
  runs.push(...chooseMutations(all ? ['all'] : options.mutations, seed).map((name) => mutationRun(name, options)));
  runs.push(...chooseControls(all ? ['all'] : options.controls).map((name) => controlRun(name, options)));
  return runs;
}

function chooseMutations(asked: readonly string[], seed: number): readonly (typeof mutations)[number][] {
  if (asked.includes('all')) return mutations;
  if (asked.includes('any')) return [randomOf(seed, 'mutation').pick(mutations)];
  return asked.map((name) => named('mutation', mutations, name));
}

function chooseControls(asked: readonly string[]): readonly (typeof controls)[number][] {
  return asked.includes('all') ? controls : asked.map((name) => named('control', controls, name));
}

function named<T extends { readonly name: string }>(kind: string, among: readonly T[], name: string): T {
  const found = among.find((one) => one.name === name);
  if (found === undefined) {
    throw new OptionError(`no such ${kind}: ${name}; there are ${among.map((one) => one.name).join(', ')}`);
  }
  return found;
}

function play(
  scenario: Scenario,
  budgetMs: number,
  { seed, engine }: ChaosOptions,
  teller: Teller,
  more: Partial<Parameters<typeof runScenario>[1]> = {},
): Promise<ScenarioResult> {
  const startedAt = Date.now();
  const stamp = (): string => `${scenario.id} ${((Date.now() - startedAt) / 1_000).toFixed(1).padStart(6)} s`;
  teller.line(`${scenario.id}: ${scenario.title}`);
  return runScenario(scenario, {
    seed,
    budgetMs,
    say: (text) => teller.line(`${stamp()}  ${text}`),
    status: (text) => teller.status(`${stamp()}  ${text}`),
    ...more,
    world: { engine, ...more.world },
  });
}

function mutationRun(mutation: (typeof mutations)[number], options: ChaosOptions): Run {
  return async (teller) => {
    const { name, what, mustShow, redisArgs = [] } = mutation;
    const scenario = scenarioOf(mutation.scenario);
    teller.line(`mutation ${name}: ${what}; ${scenario.id} must show ${mustShow}`);
    const mutant = buildMutant(ROOT, mutation);
    try {
      const world = { root: mutant.root, redisArgs };
      const result = await play(scenario, mutation.budgetMs, options, teller, { world, drainMs: DRAIN_RED_MS });
      const isShown = result.verdict !== undefined && mutation.isShown(result.verdict);
      return { ...result, expected: { kind: 'mutation', name, what, mustShow, isShown } };
    } finally {
      mutant.remove();
    }
  };
}

function controlRun(control: (typeof controls)[number], options: ChaosOptions): Run {
  return async (teller) => {
    const { name, what, mustShow } = control;
    const scenario = scenarioOf(control.scenario);
    teller.line(`control ${name}: ${what}; ${scenario.id} must show ${mustShow}`);
    const world = await control.world();
    const result = await play(scenario, control.budgetMs, options, teller, { world, drainMs: DRAIN_RED_MS });
    const isShown = result.verdict !== undefined && control.isShown(result.verdict, result.checks);
    return { ...result, expected: { kind: 'control', name, what, mustShow, isShown } };
  };
}

function scenarioOf(id: string): Scenario {
  const found = scenarios.find((scenario) => scenario.id === id);
  if (found === undefined) throw new Error(`there is no scenario ${id}`);
  return found;
}

const hasFailed = ({ expected, outcome }: ScenarioResult): boolean =>
  expected === undefined ? outcome === 'red' : !expected.isShown;

function wordsFor({ outcome, expected, why, logs, tookMs }: ScenarioResult): string {
  const took = `after ${(tookMs / 1_000).toFixed(0)} s`;
  if (expected !== undefined) {
    return expected.isShown
      ? `red as it must be ${took}: ${expected.name} shows ${expected.mustShow}`
      : `NOT CAUGHT ${took}: ${expected.name} does not show ${expected.mustShow}`;
  }
  if (outcome === 'skipped') return `skipped: ${why}`;
  return `${outcome} ${took}${why === undefined ? '' : `: ${why}`}${logs === undefined ? '' : `; logs and books in ${logs}`}`;
}

function tellSums(teller: Teller, seed: number, results: readonly ScenarioResult[]): void {
  const { jobs, faults, lost, doubleCommits, phantom, duplicateStarts, recoveryMs } = summaryOf(seed, results);
  const { p50, p99, max, redeliveries } = recoveryMs;
  teller.line('');
  teller.line(
    `seed ${seed}: ${jobs} jobs, ${faults.length} faults, lost ${lost}, double commits ${doubleCommits}, phantoms ${phantom}`,
  );
  teller.line(
    `duplicate starts ${duplicateStarts}; recovery from kill -9 p50 ${p50} ms, p99 ${p99} ms, max ${max} ms (${redeliveries} redeliveries)`,
  );
}

function write(options: ChaosOptions, results: readonly ScenarioResult[]): void {
  const summary = summaryOf(options.seed, results);
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  };
  if (options.json !== undefined) put(options.json, `${JSON.stringify(summary, null, 2)}\n`);
  put(options.html ?? join(ROOT, '.prodwork', 'chaos', 'report.html'), reportPage(summary, results));
  if (options.isPublished) publish(results);
}

/** Other runs' rows stay: the table is filled in as many runs as it takes. */
function publish(results: readonly ScenarioResult[]): void {
  writeKept(keep(readKept(), results));
  writeFileSync(DOCUMENT_FILE, resultsDocument(readKept()));
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => exitWith(EXIT.failed, 'broken off'));
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof NoRedisError) exitWith(EXIT.failed, error.message);
  if (!(error instanceof OptionError)) throw error;
  exitWith(EXIT.config, error.message);
}
