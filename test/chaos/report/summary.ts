import { execFileSync } from 'node:child_process';
import { spread } from '../books/impairments.ts';
import { type ScenarioResult, versionOf } from '../run-scenario.ts';

/** The shape that `--json` writes: the sums over a run, then each scenario with its checks. */
export function summaryOf(seed: number, results: readonly ScenarioResult[]) {
  // What is red on purpose has sums of its own.
  const own = results.filter(({ expected }) => expected === undefined);
  const sum = (
    field:
      | 'jobs'
      | 'lost'
      | 'phantom'
      | 'duplicateStarts'
      | 'overlaps'
      | 'overlapsExcused'
      | 'doubleCommits'
      | 'unfinished'
      | 'lostToPowerCut',
  ) => own.reduce((total, { verdict }) => total + (verdict?.[field] ?? 0), 0);
  const { count, ...recoveryMs } = spread(own.flatMap(({ recoveries }) => recoveries));
  return {
    seed,
    versions: versions(),
    jobs: sum('jobs'),
    faults: own.flatMap(({ faults }) => faults),
    lost: sum('lost'),
    phantom: sum('phantom'),
    duplicateStarts: sum('duplicateStarts'),
    overlaps: sum('overlaps'),
    overlapsExcused: sum('overlapsExcused'),
    doubleCommits: sum('doubleCommits'),
    unfinished: sum('unfinished'),
    lostToPowerCut: sum('lostToPowerCut'),
    recoveryMs: { ...recoveryMs, redeliveries: count },
    scenarios: results.map(({ timeline, recoveries, ...rest }) => rest),
  };
}

export type Summary = ReturnType<typeof summaryOf>;

let known: Readonly<Record<string, string>> | undefined;

/** What the figures were made with. */
export function versions(): Readonly<Record<string, string>> {
  const server = process.env.REDIS_SERVER_BIN ?? 'redis-server';
  const said = (): string => {
    try {
      return /v=(\S+)/.exec(execFileSync(server, ['--version'], { encoding: 'utf8' }))?.[1] ?? '?';
    } catch {
      return 'not found';
    }
  };
  known ??= {
    prodwork: versionOf('packages/shared'),
    ioredis: versionOf('packages/shared/node_modules/ioredis'),
    redis: said(),
    node: process.version,
  };
  return known;
}
