import { spread } from '../books/impairments.ts';
import type { Verdict } from '../books/judge.ts';
import type { Kept } from './kept.ts';
import { verdictWord } from './page.ts';

/** What the mixed runs have to add up to. */
const WANTED = { jobs: 1_000_000, faults: 500, p99Ms: 3_000 };

/** Rows of the fault table that need other topologies than this runner's one Redis. */
const ELSEWHERE: readonly (readonly [string, string, string])[] = [
  ['F30', 'a slot of a Cluster moved under load; Sentinel failover', 'in `npm run test:engines`'],
];

/** `docs/faults-results.md`: the matrix with its figures, as the runs found them. */
export function resultsDocument(runs: readonly Kept[]): string {
  const own = runs.filter(({ expected, id }) => expected === undefined && id !== 'mixed');
  const mixtures = runs.filter(({ expected, id }) => expected === undefined && id === 'mixed');
  const proofs = runs.filter(({ expected }) => expected !== undefined);
  return `# Faults: results

Written by the runner (\`npm run chaos -- --publish\`), not by hand: each row is the last run of its scenario, kept in
[faults-results.jsonl](faults-results.jsonl). The judge is a ledger outside the queue; what the columns mean and how a run is repeated
stands in [chaos.md](chaos.md). A row that is red says so.

${madeWith(runs)}

## Mixed runs

A seeded schedule of overlapping faults under steady load; the books of every job are read. Wanted in all: ${count(WANTED.jobs)} jobs and ${count(WANTED.faults)} faults,
lost 0, double commits 0, and a p99 of at most ${count(WANTED.p99Ms)} ms.

| Seed | Minutes | Jobs | Faults | Lost | Double commits | Phantoms | Duplicate starts per 1,000 jobs | Recovery p50 | p99 | max | Made with | Result |
|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|---|
${mixtures.map((run) => mixedRow(run, runs)).join('\n')}
${mixedSums(mixtures)}

Recovery is the time from the \`kill -9\` of a worker to the next start of each job that it was running, for kills after which an able
worker lived and Redis answered for as long as the bound is.

## The matrix

| Id | Injected | Jobs | Faults | Lost | Double commits | Duplicate starts | Seed | Made with | Result |
|---|---|---:|---:|---:|---:|---:|---:|---|---|
${own.map((run) => matrixRow(run, runs)).join('\n')}
${ELSEWHERE.map(([id, what, where]) => `| ${id} | ${what} | | | | | | | | ${where} |`).join('\n')}

## What was measured

| Id | What must be seen | Measured | Bound | |
|---|---|---|---|---|
${own.flatMap(checkRows).join('\n')}

## The proof that it can fail

A mutation is a copy of the product with one guard taken out; a control is another system. Each must turn its row red.

| Run | What was done | Row | Must show | Made with | Result |
|---|---|---|---|---|---|
${proofs.map((run) => proofRow(run, runs)).join('\n')}
`;
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const count = (value: number | undefined): string => value?.toLocaleString('en') ?? '';
const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0);
const faultsOf = ({ faults }: Kept): number => sumOf(Object.values(faults));
const ms = (value: number | null): string => (value === null ? '' : `${count(value)} ms`);

const made = ({ versions, machine }: Kept): string => {
  const { sources, ...named } = versions;
  const list = Object.entries(named).map(([name, version]) => `${name} ${version}`);
  return `${list.join(', ')}; ${machine}; sources ${sources}`;
};

/** A letter for each set of versions: most rows share one. */
function letterOf(run: Kept, runs: readonly Kept[]): string {
  const sets = [...new Set(runs.map(made))];
  return String.fromCharCode(65 + sets.indexOf(made(run)));
}

function madeWith(runs: readonly Kept[]): string {
  const sets = [...new Set(runs.map(made))];
  const daysOf = (set: string): string => {
    const days = runs.filter((run) => made(run) === set).map(({ startedAt }) => new Date(startedAt).toISOString());
    return [...new Set(days.map((day) => day.slice(0, 10)))].sort().join(', ');
  };
  const rows = sets.map((set, at) => `- ${String.fromCharCode(65 + at)}: ${set} (${daysOf(set)})`);
  return `Made with (\`sources\` is \`git rev-parse HEAD:packages\`, with a + when there were changes):\n\n${rows.join('\n')}`;
}

function mixedRow(run: Kept, runs: readonly Kept[]): string {
  const { seed, tookMs, verdict, recoveries } = run;
  const minutes = (tookMs / 60_000).toFixed(1);
  return `| ${seed} | ${minutes} | ${mixedCells(verdict ? [verdict] : [], faultsOf(run), recoveries)} | ${letterOf(run, runs)} | ${resultOf(run)} |`;
}

function mixedSums(mixtures: readonly Kept[]): string {
  const verdicts = mixtures.flatMap(({ verdict }) => verdict ?? []);
  const minutes = (sumOf(mixtures.map(({ tookMs }) => tookMs)) / 60_000).toFixed(0);
  const red = mixtures.filter(({ outcome }) => outcome === 'red').length;
  const cells = mixedCells(
    verdicts,
    sumOf(mixtures.map(faultsOf)),
    mixtures.flatMap(({ recoveries }) => recoveries),
  );
  const { p99 } = spread(mixtures.flatMap(({ recoveries }) => recoveries));
  const isLate = p99 !== null && p99 > WANTED.p99Ms;
  const result = red > 0 ? `**${red} red**` : isLate ? `**p99 above ${count(WANTED.p99Ms)} ms**` : 'green';
  return `| **all** | ${minutes} | ${cells} | | ${result} |`;
}

function mixedCells(verdicts: readonly Verdict[], faults: number, recoveries: readonly number[]): string {
  const sum = (field: 'jobs' | 'lost' | 'doubleCommits' | 'phantom' | 'duplicateStarts'): number =>
    sumOf(verdicts.map((verdict) => verdict[field]));
  const { p50, p99, max } = spread(recoveries);
  const rate = sum('jobs') === 0 ? '' : ((sum('duplicateStarts') / sum('jobs')) * 1_000).toFixed(2);
  const books = [
    count(sum('jobs')),
    count(faults),
    count(sum('lost')),
    count(sum('doubleCommits')),
    count(sum('phantom')),
  ];
  return [...books, rate, ms(p50), ms(p99), ms(max)].join(' | ');
}

/** Part of a bound that was kept only because the machine was too busy to run the run's processes. */
const WIDENED = 'waited for a processor';

function resultOf(run: Kept): string {
  const { word } = verdictWord(run);
  const red = run.checks.filter(({ isOk }) => !isOk).map(({ what }) => what);
  const reason = run.why ?? (red.length > 0 ? red.join(', ') : '');
  const isWidened = run.checks.some(({ bound }) => bound.includes(WIDENED));
  if (word === 'green' && isWidened) return 'green, some bounds wider by what its processes waited for a processor';
  return cell(word === 'green' ? word : `**${word}**${reason ? `: ${reason}` : ''}`);
}

function matrixRow(run: Kept, runs: readonly Kept[]): string {
  const { id, title, verdict, seed } = run;
  const books = [verdict?.jobs, faultsOf(run), verdict?.lost, verdict?.doubleCommits, verdict?.duplicateStarts];
  return `| ${id} | ${cell(title)} | ${books.map(count).join(' | ')} | ${seed} | ${letterOf(run, runs)} | ${resultOf(run)} |`;
}

/** The checks of the row itself; those that every row has stand in the matrix. */
const COMMON = new Set([
  'lost',
  'unfinished',
  'double commits',
  'double submits',
  'phantoms',
  'overlaps while both could renew',
  'dead',
  'fences out of order',
  'jobs accepted',
]);

function checkRows({ id, checks }: Kept): readonly string[] {
  return checks
    .filter(({ what, isOk }) => !isOk || !COMMON.has(what))
    .map(
      ({ what, measured, bound, isOk }) =>
        `| ${id} | ${cell(what)} | ${cell(measured)} | ${cell(bound)} | ${isOk ? 'ok' : '**red**'} |`,
    );
}

function proofRow(run: Kept, runs: readonly Kept[]): string {
  const { expected, id } = run;
  const { word } = verdictWord(run);
  const shown = expected?.isShown ? word : `**${word}**`;
  return `| ${expected?.kind} \`${expected?.name}\` | ${cell(expected?.what ?? '')} | ${id} | ${expected?.mustShow} | ${letterOf(run, runs)} | ${shown} |`;
}
