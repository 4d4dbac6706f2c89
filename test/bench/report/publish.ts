import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Figures } from '../figures.ts';
import { UsageError } from '../options.ts';
import { updateReadme, writePages } from './pages.ts';
import { type RatioRow, type Results, ratiosOf } from './results.ts';

/** Pages and pictures into `docs`; where that is the project's own folder, the README's table too. */
export async function publish(results: Results, docs: string, root: string): Promise<void> {
  await writePages(results, docs);
  if (docs === join(root, 'docs')) await updateReadme(results, join(root, 'README.md'));
}

/** @returns the exit code. */
export async function republish(file: string, docs: string | undefined, root: string): Promise<number> {
  const results = await readResults(file);
  await publish({ ...results, ratios: ratiosAgain(results) }, docs ?? join(root, 'docs'), root);
  return 0;
}

/** The ratios as they are counted now. With runs that failed it is not known which round a figure is of: then as they were. */
export function ratiosAgain({ measurements, ratios, faults }: Results): readonly RatioRow[] {
  if (faults.length > 0) return ratios;
  const figures = new Figures();
  for (const { id, system, runs } of measurements) {
    for (const [round, value] of runs.entries()) figures.add({ id, system, round, value });
  }
  return ratiosOf(figures);
}

/** @throws UsageError when the file is not what `--json` writes. */
export async function readResults(file: string): Promise<Results> {
  const value: unknown = JSON.parse(await readFile(file, 'utf8'));
  if (typeof value !== 'object' || value === null || !('measurements' in value) || !('ratios' in value)) {
    throw new UsageError(`${file} is not what npm run bench -- --json writes`);
  }
  // The benchmark's own file: nobody else writes it.
  return value as Results;
}
