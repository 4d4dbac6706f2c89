import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Job } from 'prodwork/job/job';
import { judge, type Verdict } from './books/judge.ts';
import { randomOf } from './random.ts';
import { type Timeline, timelineOf } from './report/timeline.ts';
import { type Check, type FaultRecord, type Scenario, Stage } from './stage.ts';
import { World, type WorldOptions } from './world/world.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface ScenarioResult {
  readonly id: string;
  readonly title: string;
  readonly engine: string;
  readonly seed: number;
  /** Which change was made to the product on purpose. */
  readonly mutation?: string;
  readonly startedAt: number;
  readonly tookMs: number;
  readonly outcome: 'green' | 'red' | 'skipped';
  /** Of `skipped` and of a run that broke: why. */
  readonly why?: string;
  readonly faults: readonly FaultRecord[];
  readonly checks: readonly Check[];
  readonly remarks: readonly string[];
  readonly verdict?: Verdict;
  readonly timeline?: Timeline;
  readonly logs?: string;
}

export interface RunContext {
  readonly seed: number;
  readonly budgetMs: number;
  readonly world?: Partial<WorldOptions>;
  readonly mutation?: string;
  readonly say: (text: string) => void;
}

const LOOK_UP_AT_ONCE = 200;

/** Runs one scenario in a world of its own, judges it, and tidies up. Never rejects: what breaks is red. */
export async function runScenario(scenario: Scenario, context: RunContext): Promise<ScenarioResult> {
  const { seed, mutation, say } = context;
  const startedAt = Date.now();
  const skip = await scenario.skip?.();
  const options = worldOptions(scenario, context);
  const base = { id: scenario.id, title: scenario.title, engine: options.engine, seed, startedAt };
  const named = { ...base, ...(mutation ? { mutation } : {}) };
  const nothing = { faults: [], checks: [], remarks: [] };
  if (skip) return { ...named, ...nothing, tookMs: 0, outcome: 'skipped', why: skip };

  let world: World | undefined;
  let stage: Stage | undefined;
  let why: string | undefined;
  let verdict: Verdict | undefined;
  try {
    say(`starting Redis, ${options.producers} producer(s), ${options.workers} workers`);
    world = await World.start(options);
    stage = new Stage(world, randomOf(seed, scenario.id), context.budgetMs, say);
    if (!scenario.isQuiet) world.load.start();
    await scenario.run(stage);
    verdict = await settleAccounts(scenario, stage, options.engine);
  } catch (error) {
    why = error instanceof Error ? error.message : String(error);
    say(`RED the run broke: ${error instanceof Error ? error.stack : why}`);
  }
  const isGreen = why === undefined && stage !== undefined && stage.checks.every(({ isOk }) => isOk);
  const timeline = world && timelineOf(world, startedAt);
  await world?.close(isGreen);
  await scenario.tidy?.();
  return {
    ...named,
    tookMs: Date.now() - startedAt,
    outcome: isGreen ? 'green' : 'red',
    faults: stage?.faults ?? [],
    checks: stage?.checks ?? [],
    remarks: stage?.remarks ?? [],
    ...(why === undefined ? {} : { why }),
    ...(verdict ? { verdict } : {}),
    ...(timeline ? { timeline } : {}),
    ...(isGreen || !world ? {} : { logs: world.dir }),
  };
}

/** Lets the queue drain, closes the books, and holds them against what every row asks for. */
async function settleAccounts(scenario: Scenario, stage: Stage, engine: string): Promise<Verdict> {
  const { world } = stage;
  stage.say('faults are over; draining');
  await world.load.stop();
  const isDrained = await world.drain(scenario.drainMs ?? 60_000);
  await world.quiet();
  const verdict = await judge({
    books: world.books,
    impairments: world.impairments,
    kills: world.kills,
    powerCuts: world.powerCuts,
    lookUp: (ids) => lookUp(world, ids),
  });
  if (!isDrained) stage.remark('the queue was not empty when the time to drain was over');
  stage.check('jobs accepted', verdict.jobs > 0, verdict.jobs, 'more than 0');
  stage.check('lost', verdict.lost === 0, verdict.lost, '0');
  stage.check('unfinished', verdict.unfinished === 0, verdict.unfinished, '0');
  stage.check('double commits', verdict.doubleCommits === 0, verdict.doubleCommits, '0');
  stage.check('double submits', verdict.doubleSubmits === 0, verdict.doubleSubmits, '0');
  stage.check('phantoms', verdict.phantom === 0, verdict.phantom, '0');
  const overlaps = verdict.overlaps - verdict.overlapsExcused;
  stage.check('overlaps while both could renew', overlaps === 0, overlaps, '0');
  if (!scenario.mayBury) stage.check('dead', verdict.dead === 0, verdict.dead, '0');
  if (engine === 'lease') {
    stage.check('fences out of order', verdict.fencesOutOfOrder === 0, verdict.fencesOutOfOrder, '0');
  }
  return verdict;
}

async function lookUp(world: World, ids: readonly string[]): Promise<readonly (Job | undefined)[]> {
  const found: (Job | undefined)[] = [];
  for (let at = 0; at < ids.length; at += LOOK_UP_AT_ONCE) {
    const some = ids.slice(at, at + LOOK_UP_AT_ONCE);
    found.push(...(await world.inspector.jobs(some, 'default')));
  }
  return found;
}

function worldOptions(scenario: Scenario, { seed, world = {} }: RunContext): WorldOptions {
  return {
    engine: 'lease',
    root: ROOT,
    workers: 3,
    slots: 8,
    producers: 1,
    ratePerSecond: 30,
    workMs: (random) => (random.chance(0.1) ? random.between(1_000, 2_000) : random.between(20, 700)),
    redisArgs: [],
    isProxied: false,
    env: {},
    workerEnv: () => ({}),
    workerExecArgs: () => [],
    clockOffsetMs: () => 0,
    random: randomOf(seed, 'load'),
    ...scenario.world,
    ...world,
  };
}

export function versionOf(path: string): string {
  const manifest: unknown = JSON.parse(readFileSync(`${ROOT}/${path}/package.json`, 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '?';
}
