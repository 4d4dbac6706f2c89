import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Mutation } from './mutations.ts';

/** Parts of a checkout that its processes run from. */
const PARTS = ['packages', 'test/chaos', 'test/support', 'test/node_modules', 'compose/run'];
const FILES = ['package.json', 'test/package.json'];

export interface Mutant {
  readonly root: string;
  remove(): void;
}

/**
 * A copy of the checkout with the mutation in it. The product itself has no switch for any of this.
 * @throws Error when an edit finds nothing to change
 */
export function buildMutant(root: string, { name, edits }: Mutation): Mutant {
  const copy = mkdtempSync(join(tmpdir(), `prodwork-mutant-${name}-`));
  for (const part of PARTS) {
    mkdirSync(join(copy, part, '..'), { recursive: true });
    // Links between the packages are relative, and so stay inside the copy.
    cpSync(join(root, part), join(copy, part), { recursive: true, verbatimSymlinks: true });
  }
  for (const file of FILES) cpSync(join(root, file), join(copy, file));
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  for (const { file, from, to } of edits) {
    const path = join(copy, file);
    const before = readFileSync(path, 'utf8');
    const after = before.replace(from, to);
    if (after === before) throw new Error(`mutation ${name}: ${file} has nothing that matches ${from}`);
    writeFileSync(path, after);
  }
  return { root: copy, remove: () => rmSync(copy, { recursive: true, force: true }) };
}
