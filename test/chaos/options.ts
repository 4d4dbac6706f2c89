import { ENGINE_NAMES, type EngineName } from 'prodwork/engine/engine';
import { nearest } from '../../packages/shared/src/config/nearest.ts';

export interface ChaosOptions {
  readonly seed: number;
  /** Undefined: the whole matrix. */
  readonly minutes: number | undefined;
  readonly only: readonly string[];
  readonly json: string | undefined;
  readonly html: string | undefined;
  readonly engine: EngineName;
  readonly rate: number | undefined;
  readonly isMatrix: boolean;
  readonly mutations: readonly string[];
  readonly controls: readonly string[];
  /** Put this run's rows into docs/faults-results.md. */
  readonly isPublished: boolean;
  readonly isQuick: boolean;
}

export class OptionError extends Error {}

export const USAGE = `npm run chaos -- [options]
  --minutes M     a mixed run: a seeded schedule of faults under steady load for about M minutes
  --only F08,F12  these scenarios alone; mixed is one of them (default: mixed for 2 minutes)
  --matrix        every scenario, then the mutations and the controls (about an hour)
  --mutation NAME,...   runs that must turn red: skip-lease-check, stop-reaper, aof-off, all, or one of the seed's choice: any
  --control NAME,...    other systems that must turn red: brpop, bullmq-6.1.0, all
  --seed N        the same seed plays the same schedule (default: a fresh one, printed)
  --engine NAME   ${ENGINE_NAMES.join(', ')} (default lease)
  --rate N        jobs submitted a second
  --json FILE     the result as JSON       --html FILE  the report with its time line (default .prodwork/chaos/report.html)
  --publish       puts this run's rows into docs/faults-results.md; the others stay
  --quick         shorter scenarios`;

const FLAGS = ['--matrix', '--publish', '--quick', '--help'] as const;
const VALUES = [
  '--seed',
  '--minutes',
  '--only',
  '--json',
  '--html',
  '--engine',
  '--rate',
  '--mutation',
  '--control',
] as const;

/** @throws OptionError that names the option and its rule */
export function parseOptions(argv: readonly string[]): ChaosOptions | 'help' {
  const flags = new Set<string>();
  const values = new Map<string, string>();
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? '';
    const cut = word.indexOf('=');
    const name = cut > 0 ? word.slice(0, cut) : word;
    if (FLAGS.some((flag) => flag === name)) {
      flags.add(name);
    } else if (VALUES.some((known) => known === name)) {
      const value = cut > 0 ? word.slice(cut + 1) : argv[++at];
      if (value === undefined || value === '') throw new OptionError(`${name} needs a value\n\n${USAGE}`);
      values.set(name, value);
    } else {
      const near = nearest(name, [...FLAGS, ...VALUES]);
      throw new OptionError(`no such option: ${name}${near ? `, did you mean ${near}?` : ''}\n\n${USAGE}`);
    }
  }
  if (flags.has('--help')) return 'help';
  const engineName = values.get('--engine') ?? 'lease';
  const engine = ENGINE_NAMES.find((name) => name === engineName);
  if (engine === undefined || engine === 'memory')
    throw new OptionError(`--engine must be one of lease, brpop, bullmq`);
  return {
    seed: number('--seed', values.get('--seed'), 0, 4_294_967_295) ?? Math.floor(Math.random() * 1_000_000),
    minutes: number('--minutes', values.get('--minutes'), 0.2, 600),
    only: list(values.get('--only')).map((id) => (/^f\d+$/i.test(id) ? id.toUpperCase() : id)),
    json: values.get('--json'),
    html: values.get('--html'),
    engine,
    rate: number('--rate', values.get('--rate'), 1, 5_000),
    isMatrix: flags.has('--matrix'),
    mutations: list(values.get('--mutation')),
    controls: list(values.get('--control')),
    isPublished: flags.has('--publish'),
    isQuick: flags.has('--quick'),
  };
}

const list = (value: string | undefined): readonly string[] =>
  value === undefined ? [] : value.split(',').flatMap((part) => part.trim() || []);

function number(name: string, value: string | undefined, min: number, max: number): number | undefined {
  if (value === undefined) return undefined;
  const parsed = Number(value);
  if (!Number.isFinite(parsed) || parsed < min || parsed > max) {
    throw new OptionError(`${name} must be a number from ${min} to ${max}, not ${JSON.stringify(value)}`);
  }
  return parsed;
}
