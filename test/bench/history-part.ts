import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { BenchOptions } from './options.ts';

/** The history's own benchmark is a program of its own, with a Postgres beside its Redis. @returns its exit code. */
export async function historyPart({ isQuick, json }: BenchOptions): Promise<number> {
  const sizes = isQuick ? ['--jobs', '500', '--rows', '2000'] : [];
  const output = json === undefined ? [] : ['--json', json];
  const main = join(import.meta.dirname, 'history', 'main.ts');
  const child = spawn(process.execPath, ['--conditions=source', main, ...sizes, ...output], { stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  return typeof code === 'number' ? code : 1;
}
