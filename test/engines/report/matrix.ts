import { basename } from 'node:path';
import type { Report, Totals } from '../../../compose/run/checks/totals.ts';
import { ENGINES, type TestedEngine } from '../options.ts';

/** One engine on one server in one topology. */
export interface Cell extends Totals {
  readonly engine: TestedEngine;
  readonly server: string;
  readonly topology: string;
}

/** Reads a run of one server and one topology; an engine of which nothing is known has failed. */
export function cellsOf(
  report: Report | undefined,
  engines: readonly TestedEngine[],
  place: { readonly server: string; readonly topology: string },
): readonly Cell[] {
  return engines.map((engine) => {
    const file = report?.testResults.find(({ name }) => basename(name) === `${engine}.test.ts`);
    const count = (...states: string[]): number =>
      file?.assertionResults.filter(({ status }) => states.includes(status)).length ?? 0;
    const failed = count('failed');
    const isUnfinished = file === undefined || (file.status === 'failed' && failed === 0);
    const skipped = count('skipped', 'pending', 'todo');
    return { engine, ...place, passed: count('passed'), failed: isUnfinished ? 1 : failed, skipped };
  });
}

export function sum(cells: readonly Totals[]): Totals {
  const add = (pick: (totals: Totals) => number): number => cells.reduce((total, one) => total + pick(one), 0);
  return { passed: add((one) => one.passed), failed: add((one) => one.failed), skipped: add((one) => one.skipped) };
}

/** The matrix engine x server x topology: tests that passed, and those that did not. */
export function matrixLines(cells: readonly Cell[]): readonly string[] {
  const topologies = [...new Set(cells.map(({ topology }) => topology))];
  const servers = [...new Set(cells.map(({ server }) => server))];
  const rows = [['engine', 'server', ...topologies]];
  for (const engine of ENGINES) {
    for (const server of servers) {
      const row = topologies.map((topology) =>
        words(cells.find((cell) => cell.engine === engine && cell.server === server && cell.topology === topology)),
      );
      if (row.some((word) => word !== '-')) rows.push([engine, server, ...row]);
    }
  }
  const width = (column: number): number => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  return rows.map((row) =>
    row
      .map((word, column) => word.padEnd(width(column)))
      .join('  ')
      .trimEnd(),
  );
}

function words(cell: Cell | undefined): string {
  if (cell === undefined) return '-';
  const failed = cell.failed > 0 ? `, ${cell.failed} failed` : '';
  const skipped = cell.skipped > 0 ? `, ${cell.skipped} skipped` : '';
  return `${cell.passed} passed${failed}${skipped}`;
}
