import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../options.ts';
import { updateReadme, writePages } from './pages.ts';
import type { Results } from './results.ts';

/** Pages and pictures into `docs`; where that is the project's own folder, the README's table too. */
export async function publish(results: Results, docs: string, root: string): Promise<void> {
  await writePages(results, docs);
  if (docs === join(root, 'docs')) await updateReadme(results, join(root, 'README.md'));
}

/** @returns the exit code. */
export async function republish(file: string, docs: string | undefined, root: string): Promise<number> {
  await publish(await readResults(file), docs ?? join(root, 'docs'), root);
  return 0;
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
