import { appendFileSync, readFileSync, rmSync } from 'node:fs';

/** Figures are written by the tests' processes and printed by the command. */
const file = (): string => process.env.ENGINES_FIGURES ?? '/dev/null';

interface Figure {
  readonly cell: string;
  readonly name: string;
  readonly value: string;
}

/** Keeps a figure of the cell that runs. */
export function figure(name: string, value: number | readonly number[], unit = ''): void {
  const text = `${[value].flat().join(', ')} ${unit}`.trim();
  const cell = process.env.ENGINES_CELL ?? 'alone';
  appendFileSync(file(), `${JSON.stringify({ cell, name, value: text } satisfies Figure)}\n`);
}

export function forgetFigures(): void {
  rmSync(file(), { force: true });
}

export function figureLines(): readonly string[] {
  let text: string;
  try {
    text = readFileSync(file(), 'utf8');
  } catch {
    return [];
  }
  const figures = text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Figure);
  const width = (pick: (figure: Figure) => string): number => Math.max(0, ...figures.map((one) => pick(one).length));
  const [cells, names] = [width(({ cell }) => cell), width(({ name }) => name)];
  return figures.map(({ cell, name, value }) => `${cell.padEnd(cells)}  ${name.padEnd(names)}  ${value}`);
}
