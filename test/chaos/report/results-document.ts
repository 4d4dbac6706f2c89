import { cpus, totalmem } from 'node:os';
import type { ScenarioResult } from '../run-scenario.ts';
import { verdictWord } from './page.ts';
import type { Summary } from './summary.ts';

/** Rows of the fault table that this runner does not play, and who does. */
const ELSEWHERE: readonly (readonly [string, string, string])[] = [
  ['F22', 'web replicas killed and scaled behind the gateway', 'needs containers: `npm run test:compose`'],
  [
    'F24',
    'Postgres late, killed in a migration, three replicas at once',
    '`test/integration/postgres` and `test/integration/noteboard`, part of `npm test`',
  ],
];

/** `docs/faults-results.md`: the matrix with its figures, as the run found them. */
export function resultsDocument(summary: Summary, results: readonly ScenarioResult[]): string {
  const { seed, versions, jobs, faults, lost, doubleCommits, phantom, duplicateStarts, recoveryMs } = summary;
  const first = new Date(results[0]?.startedAt ?? Date.now()).toISOString().slice(0, 16).replace('T', ' ');
  const made = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const { p50, p99, max, redeliveries } = recoveryMs;
  const own = results.filter(({ expected }) => expected === undefined);
  const proofs = results.filter(({ expected }) => expected !== undefined);
  return `# Faults: results

Written by the runner (\`npm run chaos -- --matrix --publish --seed ${seed}\`), not by hand. ${first} UTC; ${made.join(', ')};
${cpus().length} processors, ${Math.round(totalmem() / 2 ** 30)} GiB. The judge is a ledger outside the queue; what the columns mean and how to repeat a
run stands in [chaos.md](chaos.md). A row that is red says so.

Sums: ${jobs.toLocaleString('en')} jobs, ${faults.length.toLocaleString('en')} faults, lost ${lost}, double commits ${doubleCommits}, phantoms ${phantom}, duplicate starts ${duplicateStarts.toLocaleString('en')}.
From \`kill -9\` of a worker to the next start of its jobs: p50 ${p50} ms, p99 ${p99} ms, max ${max} ms (${redeliveries} redeliveries).

## The matrix

| Id | Injected | Jobs | Faults | Lost | Double commits | Duplicate starts | Result |
|---|---|---:|---:|---:|---:|---:|---|
${own.map(matrixRow).join('\n')}
${ELSEWHERE.map(([id, what, where]) => `| ${id} | ${what} | | | | | | ${where} |`).join('\n')}

## What was measured

| Id | What must be seen | Measured | Bound | |
|---|---|---|---|---|
${own.flatMap(checkRows).join('\n')}

## The proof that it can fail

A mutation is a copy of the product with one guard taken out; a control is another system. Each must turn its row red.

| Run | What was done | Row | Must show | Result |
|---|---|---|---|---|
${proofs.map(proofRow).join('\n')}
`;
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const count = (value: number | undefined): string => value?.toLocaleString('en') ?? '';

function matrixRow(result: ScenarioResult): string {
  const { id, title, verdict, faults, why } = result;
  const { word } = verdictWord(result);
  const red = result.checks.filter(({ isOk }) => !isOk).map(({ what }) => what);
  const reason = why ?? (red.length > 0 ? red.join(', ') : '');
  const shown = word === 'green' ? word : `**${word}**${reason ? `: ${reason}` : ''}`;
  return `| ${id} | ${cell(title)} | ${count(verdict?.jobs)} | ${faults.length} | ${count(verdict?.lost)} | ${count(verdict?.doubleCommits)} | ${count(verdict?.duplicateStarts)} | ${cell(shown)} |`;
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

function checkRows({ id, checks }: ScenarioResult): readonly string[] {
  return checks
    .filter(({ what, isOk }) => !isOk || !COMMON.has(what))
    .map(
      ({ what, measured, bound, isOk }) =>
        `| ${id} | ${cell(what)} | ${cell(measured)} | ${cell(bound)} | ${isOk ? 'ok' : '**red**'} |`,
    );
}

function proofRow(result: ScenarioResult): string {
  const { expected, id } = result;
  const { word } = verdictWord(result);
  const shown = expected?.isShown ? word : `**${word}**`;
  return `| ${expected?.kind} \`${expected?.name}\` | ${cell(expected?.what ?? '')} | ${id} | ${expected?.mustShow} | ${shown} |`;
}
