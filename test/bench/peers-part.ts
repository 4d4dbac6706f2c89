import { writeFile } from 'node:fs/promises';
import { machine, versions } from './machine.ts';
import type { BenchOptions } from './options.ts';
import { UsageError } from './options.ts';
import { runPlan } from './plan.ts';
import { publish } from './report/publish.ts';
import { measurementsOf, type Results, ratiosOf } from './report/results.ts';
import { figureTable, ratioTable } from './report/table.ts';
import { cycle } from './scenarios/cycle.ts';
import { drains } from './scenarios/drains.ts';
import { http } from './scenarios/http.ts';
import { latency } from './scenarios/latency.ts';
import { memory } from './scenarios/memory.ts';
import { ours } from './scenarios/ours.ts';
import { findRedisBenchmark, redisLimit } from './scenarios/redis-limit.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { sizesOf } from './sizes.ts';
import { open } from './systems/prodwork.ts';
import { targetOf } from './targets.ts';

export interface Surroundings {
  readonly root: string;
  readonly command: string;
  readonly say: (line: string) => void;
  readonly isStopping: () => boolean;
}

/** The comparison with the peers. @returns the exit code: 1 when a run of ours failed, or not one figure came about. */
export async function peersPart(
  options: BenchOptions,
  { root, command, say, isStopping }: Surroundings,
): Promise<number> {
  const leftOut: string[] = [];
  const scenarios = await chosen(options, leftOut);
  for (const line of leftOut) say(`left out: ${line}`);
  const sizes = sizesOf(options.isQuick);
  const { rounds, minutes } = options;
  const { figures, rounds: done } = await runPlan({ scenarios, sizes, rounds, minutes, say, isStopping });
  const results: Results = {
    machine: machine(),
    versions: versions(),
    command,
    at: new Date().toISOString(),
    rounds: done,
    isQuick: options.isQuick,
    measurements: measurementsOf(figures),
    ratios: ratiosOf(figures),
    faults: figures.faults,
    leftOut,
  };
  process.stdout.write(`${ratioTable(results)}\n\n${figureTable(results)}\n`);
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(results, null, 1)}\n`);
  if (options.docs !== undefined) await publish(results, options.docs, root);
  if (isStopping() || results.measurements.length === 0) return 1;
  const own = results.faults.filter(({ system }) => system.startsWith('prodwork'));
  for (const { scenario, system, message } of own) say(`failed: ${scenario} of ${system}: ${message.split('\n')[0]}`);
  return own.length === 0 ? 0 : 1;
}

async function chosen({ only, systems }: BenchOptions, leftOut: string[]): Promise<readonly Scenario[]> {
  const program = await findRedisBenchmark();
  if (program === undefined) leftOut.push('the limit of Redis itself: there is no redis-benchmark on PATH');
  const all = [cycle, ...drains, latency, memory, http, ...ours, ...(program ? [redisLimit(program)] : [])];
  const missing = await missingEngines();
  for (const name of missing) leftOut.push(`the ${name} engine: not part of this checkout`);
  const known = new Set(all.flatMap((scenario) => [scenario.name, ...scenario.ids]));
  for (const id of only) {
    if (!known.has(id)) throw new UsageError(`--only: there is no ${id}; there are ${[...known].join(', ')}`);
  }
  const wanted = withOpposites(only);
  return all.flatMap((scenario) => {
    if (only.length > 0 && !wanted.has(scenario.name) && !scenario.ids.some((id) => wanted.has(id))) return [];
    const taking = scenario.systems.filter(
      (system) =>
        !missing.some((engine) => system === `prodwork-${engine}`) &&
        (systems.length === 0 || systems.includes(system)),
    );
    return taking.length === 0 ? [] : [{ ...scenario, systems: taking }];
  });
}

/** A figure is of no use without the one that it is held against. */
const withOpposites = (only: readonly string[]): ReadonlySet<string> =>
  new Set(only.flatMap((id) => [id, targetOf(id)?.against?.id ?? id]));

async function missingEngines(): Promise<readonly string[]> {
  const missing: string[] = [];
  for (const name of ['lease', 'brpop', 'bullmq'] as const) {
    const isThere = await open(name, 'redis://127.0.0.1:1').then(
      async (engine) => {
        await engine.close();
        return true;
      },
      (error: unknown) => {
        if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND') return false;
        throw error;
      },
    );
    if (!isThere) missing.push(name);
  }
  return missing;
}
