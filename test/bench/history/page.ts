import type { Machine } from '../report/results.ts';

export interface Measurement {
  readonly id: string;
  readonly value: number;
  readonly unit: string;
  readonly detail?: string;
}

export interface HistoryFigures {
  readonly command: string;
  /** ISO date. */
  readonly at: string;
  readonly machine: Machine;
  /** Average load of the machine when it began: what else ran beside it. */
  readonly load: number;
  readonly postgres: string;
  readonly jobs: number;
  readonly rows: number;
  readonly measurements: readonly Measurement[];
}

const [BEGIN, END] = ['<!-- history:begin -->', '<!-- history:end -->'];

/** The figures as a table, with where they come from. */
export function figuresOf({ command, at, machine, load, postgres, jobs, rows, measurements }: HistoryFigures): string {
  const count = (number: number): string => number.toLocaleString('en-US');
  const about = [
    `Printed by \`${command}\` on ${at.slice(0, 10)}: ${count(jobs)} finished jobs were archived, then the table was`,
    `filled up to ${count(rows)} rows and searched for the first 50 that match. ${machine.cpu}, ${machine.cores} cores,`,
    `Node ${process.versions.node}, Postgres ${postgres} with fsync; Redis, Postgres and the program share the machine, whose load`,
    `was ${load.toFixed(1)} when it began: what is above 0 is other work, and slows it down.`,
  ];
  const lines = measurements.map(
    ({ id, value, unit, detail = '' }) => `| ${id.replace('history.', '')} | ${count(value)} ${unit} | ${detail} |`,
  );
  return [...about, '', '| What | | |', '|---|---|---|', ...lines].join('\n');
}

/**
 * The page with the new figures between its markers.
 * @throws Error when the markers are not there: figures are never written anywhere else.
 */
export function withFigures(page: string, figures: string): string {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`the page has no ${BEGIN} and ${END}`);
  return `${page.slice(0, from + BEGIN.length)}\n${figures}\n${page.slice(to)}`;
}
