import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { judge, type LookUp, recoveries, type Verdict } from './books/judge.ts';
import { randomOf } from './random.ts';
import { type Timeline, timelineOf } from './report/timeline.ts';
import { type Check, type FaultRecord, RECOVERY_MS, type Scenario, Stage } from './stage.ts';
import { World, type WorldOptions } from './world/world.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface ScenarioResult {
  readonly id: string;
  readonly title: string;
  readonly engine: string;
  readonly seed: number;
  /** Present when it must turn red: a mutation of the product, or another system. */
  readonly expected?: Expected;
  readonly startedAt: number;
  readonly tookMs: number;
  readonly outcome: 'green' | 'red' | 'skipped';
  /** Of `skipped` and of a run that broke: why. */
  readonly why?: string;
  readonly faults: readonly FaultRecord[];
  readonly checks: readonly Check[];
  readonly remarks: readonly string[];
  readonly verdict?: Verdict;
  /** From each measured kill to the next start of each of its jobs, ms. */
  readonly recoveries: readonly number[];
  readonly timeline?: Timeline;
  readonly logs?: string;
}

/** What a run that must turn red has to show. */
export interface Expected {
  readonly kind: 'mutation' | 'control';
  readonly name: string;
  readonly what: string;
  readonly mustShow: string;
  readonly isShown: boolean;
}

export interface RunContext {
  readonly seed: number;
  readonly budgetMs: number;
  readonly world?: Partial<WorldOptions>;
  /** How long the queue may take to drain at the end, ms; default: what the scenario says. */
  readonly drainMs?: number;
  readonly say: (text: string) => void;
  /** The state of the run in one line, twice a second. */
  readonly status?: (text: string) => void;
}

const LOOK_UP_AT_ONCE = 200;

/** Runs one scenario in a world of its own, judges it, and tidies up. Never rejects: what breaks is red. */
export async function runScenario(scenario: Scenario, context: RunContext): Promise<ScenarioResult> {
  const { seed, say } = context;
  const startedAt = Date.now();
  const skip = await scenario.skip?.();
  const options = worldOptions(scenario, context);
  const named = { id: scenario.id, title: scenario.title, engine: options.engine, seed, startedAt };
  const nothing = { faults: [], checks: [], remarks: [], recoveries: [] };
  if (skip) return { ...named, ...nothing, tookMs: 0, outcome: 'skipped', why: skip };

  let world: World | undefined;
  let stage: Stage | undefined;
  let why: string | undefined;
  let verdict: Verdict | undefined;
  let ticker: NodeJS.Timeout | undefined;
  try {
    say(`starting Redis, ${options.producers} producer(s), ${options.workers} workers`);
    world = await World.start(options);
    stage = new Stage(world, randomOf(seed, scenario.id), context.budgetMs, say);
    if (!scenario.isQuiet) world.load.start();
    const { status = () => {} } = context;
    const current = world;
    ticker = setInterval(() => status(statusOf(current)), 500);
    await scenario.run(stage);
    verdict = await settleAccounts(scenario, stage, options.engine, context.drainMs ?? scenario.drainMs ?? 60_000);
  } catch (error) {
    why = error instanceof Error ? error.message : String(error);
    say(`RED the run broke: ${error instanceof Error ? error.stack : why}`);
  }
  clearInterval(ticker);
  const isGreen = why === undefined && stage !== undefined && stage.checks.every(({ isOk }) => isOk);
  const timeline = world && timelineOf(world, startedAt);
  const begunAgain = world ? recoveriesOf(world) : [];
  // A green run that was slow is looked into as well.
  const isDone = isGreen && begunAgain.every((ms) => ms <= RECOVERY_MS);
  await world?.close(isDone);
  await scenario.tidy?.();
  return {
    ...named,
    tookMs: Date.now() - startedAt,
    outcome: isGreen ? 'green' : 'red',
    recoveries: begunAgain,
    faults: stage?.faults ?? [],
    checks: stage?.checks ?? [],
    remarks: stage?.remarks ?? [],
    ...(why === undefined ? {} : { why }),
    ...(verdict ? { verdict } : {}),
    ...(timeline ? { timeline } : {}),
    ...(isDone || !world ? {} : { logs: world.dir }),
  };
}

/** Lets the queue drain, closes the books, and holds them against what every row asks for. */
async function settleAccounts(scenario: Scenario, stage: Stage, engine: string, drainMs: number): Promise<Verdict> {
  const { world } = stage;
  stage.say('faults are over; draining');
  await world.load.stop();
  const isDrained = await world.drain(drainMs);
  await world.quiet();
  const verdict = await judge({
    books: world.books,
    impairments: world.impairments,
    kills: world.kills,
    powerCuts: world.powerCuts,
    lookUp: lookUpIn(world),
  });
  if (!isDrained) stage.remark('the queue was not empty when the time to drain was over');
  if (world.powerCuts.length > 0) {
    stage.remark(
      `of the last 2 s before a power cut, or a kill of Redis amid a write: ${verdict.lostToPowerCut} accepted jobs lost, ${verdict.repeatedAfterPowerCut} commits forgotten and made again`,
    );
  }
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

function statusOf({ books, samples }: World): string {
  const { waiting = '?', active = '?' } = samples.at(-1) ?? {};
  return `accepted ${books.accepted}  committed ${books.committed}  waiting ${waiting}  active ${active}`;
}

function recoveriesOf({ books, kills }: World): readonly number[] {
  return kills.filter(({ isMeasured }) => isMeasured).flatMap((kill) => recoveries(books, kill));
}

function lookUpIn({ eyes }: World): LookUp {
  return async (ids) => {
    const found: Awaited<ReturnType<LookUp>>[number][] = [];
    for (let at = 0; at < ids.length; at += LOOK_UP_AT_ONCE) {
      found.push(...(await eyes.jobs(ids.slice(at, at + LOOK_UP_AT_ONCE))));
    }
    return found;
  };
}

function worldOptions(scenario: Scenario, { seed, world = {} }: RunContext): WorldOptions {
  return {
    engine: 'lease',
    root: ROOT,
    workers: 3,
    slots: 8,
    producers: 1,
    ratePerSecond: 30,
    bulkPerSecond: 0,
    workMs: (random) => (random.chance(0.1) ? random.between(1_000, 2_000) : random.between(20, 700)),
    redisArgs: [],
    isProxied: false,
    workerEnv: () => ({}),
    workerExecArgs: () => [],
    clockOffsetMs: () => 0,
    random: randomOf(seed, 'load'),
    mains: { worker: 'test/chaos/world/worker-main.ts', producer: 'test/chaos/world/producer-main.ts' },
    ...scenario.world,
    ...world,
    env: { ...scenario.world?.env, ...world.env },
  };
}

export function versionOf(path: string): string {
  const manifest: unknown = JSON.parse(readFileSync(`${ROOT}/${path}/package.json`, 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '?';
}
