import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { BenchOptions } from './options.ts';
import type { Surroundings } from './peers-part.ts';

/** The history's own benchmark is a program of its own, with a Postgres beside its Redis. @returns its exit code. */
export async function historyPart(
  { isQuick, json, docs = isQuick ? undefined : '' }: BenchOptions,
  { root, command }: Surroundings,
): Promise<number> {
  const sizes = isQuick ? ['--jobs', '500', '--rows', '2000'] : [];
  const output = json === undefined ? [] : ['--json', json];
  const page = docs === undefined ? [] : ['--page', join(docs || join(root, 'docs'), 'history.md'), '--as', command];
  const main = join(import.meta.dirname, 'history', 'main.ts');
  const args = ['--conditions=source', main, ...sizes, ...output, ...page];
  const [code] = await once(spawn(process.execPath, args, { stdio: 'inherit' }), 'exit');
  return typeof code === 'number' ? code : 1;
}
