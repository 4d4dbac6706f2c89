import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './docker.ts';

const FILE = join(ROOT, '.prodwork', 'compose', 'figures.jsonl');

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

/** Says where the run is: the tests take minutes, and silence looks like a hang. */
export function say(text: string): void {
  process.stdout.write(`  ${new Date().toISOString().slice(11, 19)} ${text}\n`);
}

/** Prints a figure at once, and keeps it for the table at the end of the run. */
export function figure(name: string, value: number, unit: string): void {
  say(`${name}: ${value} ${unit}`);
  mkdirSync(join(FILE, '..'), { recursive: true });
  appendFileSync(FILE, `${JSON.stringify({ name, value, unit } satisfies Figure)}\n`);
}

export function forgetFigures(): void {
  rmSync(FILE, { force: true });
}

/** The figures of this run, in the order in which they came. */
export function readFigures(): Figure[] {
  if (!existsSync(FILE)) return [];
  const lines = readFileSync(FILE, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Figure);
}

export function figuresTable(): string {
  const figures = readFigures();
  if (figures.length === 0) return 'no figures';
  const width = Math.max(...figures.map(({ name }) => name.length));
  return figures
    .map(({ name, value, unit }) => `${name.padEnd(width)}  ${String(value).padStart(8)} ${unit}`)
    .join('\n');
}

/** The value below which `share` of the values lie: 0.5 is the median, 1 the largest. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1))] ?? Number.NaN;
}
