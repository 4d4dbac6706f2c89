import { parseArgs } from 'node:util';

export interface BenchOptions {
  readonly part: 'peers' | 'growth' | 'footprint' | 'history';
  /** Everything tiny, one round, no times judged. */
  readonly isQuick: boolean;
  /** Ids or scenarios to run; empty: all. */
  readonly only: readonly string[];
  readonly systems: readonly string[];
  readonly rounds: number;
  /** No new round is begun that would not end within this. */
  readonly minutes: number;
  readonly json: string | undefined;
  /** Where the page and its pictures go; undefined: nowhere. */
  readonly docs: string | undefined;
  readonly profile: string | undefined;
  /** Figures that `--json` wrote: they are published, and nothing is measured. */
  readonly from: string | undefined;
}

export class UsageError extends Error {}

export const USAGE = `npm run bench -- [options]
  --json FILE        writes every figure as JSON
  --quick            everything tiny, one round: does it work? Asserts no time
  --only ID,ID       these figures alone (see the table's first column)
  --systems A,B      these systems alone
  --rounds N         interleaved rounds, 1 to 50 (default 5)
  --minutes N        begins no round that would end later, 1 to 600 (default 45)
  --docs DIR         where benchmark.md and the pictures go (default docs/, for complete runs alone)
  --no-docs          writes none
  --from FILE        measures nothing: writes the pages and the README's table from what --json wrote
  --profile DIR      CPU profiles of the workers and of what submits
  --growth           how cost grows; --only waiting, workers, queues or payload takes one curve at a time
  --footprint        start time, memory, idle CPU
  --history          the history's own part`;

/** @throws UsageError that says what was not understood. */
export function readOptions(args: readonly string[], defaultDocs: string): BenchOptions {
  const { values } = parse(args);
  const parts = (['growth', 'footprint', 'history'] as const).filter((name) => values[name]);
  if (parts.length > 1) throw new UsageError(`one of --${parts.join(', --')} at a time`);
  const isQuick = values.quick ?? false;
  const [only, systems] = [list(values.only), list(values.systems)];
  const isComplete =
    values.from !== undefined || (parts.length === 0 && !isQuick && only.length === 0 && systems.length === 0);
  const docs = values.docs ?? (isComplete && !values['no-docs'] ? defaultDocs : undefined);
  return {
    part: parts[0] ?? 'peers',
    isQuick,
    only,
    systems,
    rounds: number('--rounds', values.rounds, isQuick ? 1 : 5, 50),
    minutes: number('--minutes', values.minutes, 45, 600),
    json: values.json,
    docs,
    profile: values.profile,
    from: values.from,
  };
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        ...{
          json: text,
          only: text,
          systems: text,
          rounds: text,
          minutes: text,
          docs: text,
          profile: text,
          from: text,
        },
        ...{ quick: flag, growth: flag, footprint: flag, history: flag, 'no-docs': flag, help: flag },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

const list = (text: string | undefined): readonly string[] =>
  text?.split(',').flatMap((part) => part.trim() || []) ?? [];

function number(name: string, text: string | undefined, fallback: number, most: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > most) {
    throw new UsageError(`${name}: a whole number from 1 to ${most}, not ${JSON.stringify(text)}`);
  }
  return value;
}
