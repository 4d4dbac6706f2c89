import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { DOCUMENT_FILE, type Kept, keep, readKept } from '../../chaos/report/kept.ts';
import { resultsDocument } from '../../chaos/report/results-document.ts';
import type { ScenarioResult } from '../../chaos/run-scenario.ts';

const run = (id: string, seed: number, more: Partial<ScenarioResult> = {}): ScenarioResult => ({
  ...{ id, seed, title: id, engine: 'lease', startedAt: 0, tookMs: 60_000, outcome: 'green' },
  ...{ faults: [], checks: [], remarks: [], recoveries: [] },
  ...more,
});
const keys = (runs: readonly Kept[]): readonly string[] => runs.map(({ key, seed }) => `${key}: ${seed}`);

test('the results document is what the kept runs make of it', () => {
  expect(readFileSync(DOCUMENT_FILE, 'utf8')).toBe(resultsDocument(readKept()));
});

test('the newest run of a scenario takes the place of the one before, mixed runs stand side by side by their seeds', () => {
  const first = keep([], [run('F01', 1), run('mixed', 1), run('mixed', 2)]);
  expect(keys(keep(first, [run('F01', 9, { outcome: 'red' }), run('mixed', 3)]))).toEqual([
    'F01: 9',
    'mixed 1: 1',
    'mixed 2: 2',
    'mixed 3: 3',
  ]);
});

test('a red row says so and why, and a bound that only a busy machine widened is told apart', () => {
  const check = { what: 'lost', measured: '1', bound: '0', isOk: false };
  const wide = {
    what: 'late',
    measured: '9 ms',
    bound: '5 ms and the 7 ms that its processes waited for a processor',
    isOk: true,
  };
  const page = resultsDocument(
    keep([], [run('F01', 1, { outcome: 'red', checks: [check] }), run('F02', 1, { checks: [wide] })]),
  );
  expect(page).toMatch(/\| F01 .*\*\*red\*\*: lost \|/);
  expect(page).toMatch(/\| F02 .*green, some bounds wider/);
});
