import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { ScenarioResult } from '../run-scenario.ts';
import { versions } from './summary.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** One line a run: the last one of each scenario, and each seed of the mixed runs. The document is made from it. */
export const KEPT_FILE = fileURLToPath(new URL('../../../docs/faults-results.jsonl', import.meta.url));
export const DOCUMENT_FILE = fileURLToPath(new URL('../../../docs/faults-results.md', import.meta.url));

/** What is kept of a run when its page and its books are gone. */
export interface Kept extends Pick<ScenarioResult, 'id' | 'title' | 'engine' | 'seed' | 'startedAt' | 'tookMs'> {
  readonly key: string;
  readonly outcome: ScenarioResult['outcome'];
  readonly why?: string;
  readonly expected?: NonNullable<ScenarioResult['expected']>;
  readonly checks: ScenarioResult['checks'];
  readonly remarks: readonly string[];
  /** How often each fault was injected. */
  readonly faults: Readonly<Record<string, number>>;
  readonly verdict?: NonNullable<ScenarioResult['verdict']>;
  readonly recoveries: readonly number[];
  readonly versions: Readonly<Record<string, string>>;
  readonly machine: string;
}

export function keptOf(result: ScenarioResult): Kept {
  const { timeline, logs, faults, recoveries, expected, ...rest } = result;
  const counts: Record<string, number> = {};
  for (const { id } of faults) counts[id] = (counts[id] ?? 0) + 1;
  return {
    key: keyOf(result),
    ...rest,
    ...(expected ? { expected } : {}),
    faults: counts,
    recoveries: [...recoveries].sort((a, b) => a - b),
    versions: { ...versions(), sources: sourcesTree() },
    machine: `${cpus().length} processors, ${Math.round(totalmem() / 2 ** 30)} GiB`,
  };
}

/** The newest run of a key takes the place of the one before, whatever came of it. */
export function keep(before: readonly Kept[], results: readonly ScenarioResult[]): readonly Kept[] {
  const all = new Map(before.map((run) => [run.key, run]));
  for (const result of results) all.set(keyOf(result), keptOf(result));
  return [...all.values()].sort((one, two) => (one.key < two.key ? -1 : 1));
}

export function readKept(path = KEPT_FILE): readonly Kept[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  // Written by `writeKept` alone: the one cast at this edge.
  return lines.map((line) => JSON.parse(line) as Kept);
}

export function writeKept(runs: readonly Kept[], path = KEPT_FILE): void {
  writeFileSync(path, runs.map((run) => `${JSON.stringify(run)}\n`).join(''));
}

const keyOf = ({ id, seed, expected }: ScenarioResult): string =>
  expected ? `${expected.kind} ${expected.name}` : id === 'mixed' ? `mixed ${seed}` : id;

/** Git's name for the contents of `packages/`: the same sources have the same one, on whatever branch. */
function sourcesTree(): string {
  const git = (...args: readonly string[]): string =>
    execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const isChanged = git('status', '--porcelain', '--', 'packages') !== '';
    return `${git('rev-parse', '--short=8', 'HEAD:packages')}${isChanged ? '+' : ''}`;
  } catch {
    return '?';
  }
}
