import type { Fault, Figures, Owner } from '../figures.ts';
import { median, ratioOf, spread } from '../measure/stats.ts';
import { SYSTEM_NAMES } from '../systems/system.ts';
import { reaches, TARGETS, type Target } from '../targets.ts';

export interface Measurement {
  readonly id: string;
  readonly system: Owner;
  /** Median over the rounds. */
  readonly value: number;
  readonly unit: string;
  readonly low: number;
  readonly high: number;
  readonly runs: readonly number[];
}

export interface RatioRow {
  readonly id: string;
  readonly system: Owner;
  /** The other side: a system, or a figure of ours. */
  readonly against: string;
  /** Ours over theirs within one round: the median of the rounds. */
  readonly ratio: number;
  /** Lowest and highest of the rounds. */
  readonly low: number;
  readonly high: number;
  readonly must?: number;
  readonly aim?: number;
  readonly reaches?: 'aim' | 'must' | 'neither';
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
}

/** What `--json` writes. */
export interface Results {
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  readonly command: string;
  readonly at: string;
  readonly rounds: number;
  readonly isQuick: boolean;
  readonly measurements: readonly Measurement[];
  readonly ratios: readonly RatioRow[];
  readonly faults: readonly Fault[];
  /** What this run could not measure, and why. */
  readonly leftOut: readonly string[];
}

const OWNERS: readonly Owner[] = [...SYSTEM_NAMES, 'redis-benchmark', 'fastify'];
const PEERS: readonly Owner[] = ['bullmq', 'bee-queue', 'groupmq'];

export function measurementsOf(figures: Figures): readonly Measurement[] {
  return TARGETS.flatMap(({ id, unit }) =>
    OWNERS.flatMap((system) => {
      const runs = figures.values(id, system);
      return runs.length === 0 ? [] : [{ id, system, value: median(runs), unit, ...spread(runs), runs }];
    }),
  );
}

/** The promised ratios first, in the order of the table; then ours over every other peer; then the peers' own. */
export function ratiosOf(figures: Figures): readonly RatioRow[] {
  const promised = TARGETS.flatMap((target) => rowOf(figures, target, 'prodwork', target.against, true));
  const others = TARGETS.flatMap((target) =>
    PEERS.filter((system) => system !== target.against?.system).flatMap((system) =>
      rowOf(figures, target, 'prodwork', { system }, false),
    ),
  );
  const limits = TARGETS.filter(
    ({ against }) => against?.system === 'fastify' || against?.system === 'redis-benchmark',
  );
  const theirs = limits.flatMap((target) => rowOf(figures, target, 'bullmq', target.against, false));
  return [...promised, ...others, ...theirs];
}

function rowOf(
  figures: Figures,
  target: Target,
  system: Owner,
  against: Target['against'],
  isPromised: boolean,
): readonly RatioRow[] {
  if (against === undefined) return [];
  const theirs = figures.rounds(against.id ?? target.id, against.system);
  const found = ratioOf(figures.rounds(target.id, system), theirs);
  if (found === undefined) return [];
  const row = { id: target.id, system, against: against.id ?? against.system, ...found };
  const { must, aim } = target;
  if (!isPromised || must === undefined || aim === undefined) return [row];
  const isAim = reaches(target, found.ratio, aim);
  return [{ ...row, must, aim, reaches: isAim ? 'aim' : reaches(target, found.ratio, must) ? 'must' : 'neither' }];
}
