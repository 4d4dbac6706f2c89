import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

interface Source {
  /** From the checkout's root: `packages/shared/src/log.ts`. */
  readonly path: string;
  readonly text: string;
  /** What it imports: packages by name, own files by path from the root. */
  readonly imports: readonly string[];
}

const IMPORT =
  /^\s*(?:import|export)\s[^'"]*?from\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]|^\s*import\s+['"]([^'"]+)['"]/gm;

function sourcesUnder(folder: string): readonly Source[] {
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith('.ts') && !/(^|\/)(node_modules|dist)\//.test(name))
    .map((name) => {
      const path = join(folder, name);
      const text = readFileSync(join(ROOT, path), 'utf8');
      const imports = [...text.matchAll(IMPORT)].flatMap((match) => match[1] ?? match[2] ?? match[3] ?? []);
      const resolved = imports.map((name) =>
        name.startsWith('.') ? relative(ROOT, resolve(ROOT, dirname(path), name)) : name,
      );
      return { path, text, imports: resolved };
    });
}

const packages = readdirSync(join(ROOT, 'packages'));
const sources = packages.flatMap((name) => sourcesUnder(`packages/${name}/src`));
const ENGINES = /^packages\/shared\/src\/engines\/([a-z]+)\//;

const offenders = (broken: (source: Source) => boolean): string[] => sources.filter(broken).map(({ path }) => path);

describe('the house', () => {
  it('is looked at as a whole: this test sees the sources and their imports', () => {
    expect(sources.length).toBeGreaterThan(20);
    expect(sources.find(({ path }) => path === 'packages/shared/src/config/env.ts')?.imports).toContain(
      'packages/shared/src/errors.ts',
    );
  });

  it('has no engine that imports another engine', () => {
    const broken = offenders(({ path, imports }) => {
      const own = ENGINES.exec(path)?.[1];
      return own !== undefined && imports.some((name) => (ENGINES.exec(name)?.[1] ?? own) !== own);
    });
    expect(broken).toEqual([]);
  });

  it('has no package that reaches into the folder of another one', () => {
    const broken = offenders(({ path, imports }) => {
      const own = path.split('/').slice(0, 2).join('/');
      return imports.some((name) => name.startsWith('packages/') && !name.startsWith(`${own}/`));
    });
    expect(broken).toEqual([]);
  });

  it('leaves signal handlers and the end of a process to shared/process.ts', () => {
    const acts = /\bprocess\.(exit|abort)\(|\bprocess\.(on|once)\(\s*['"]SIG/;
    expect(offenders(({ path, text }) => path !== 'packages/shared/src/process.ts' && acts.test(text))).toEqual([]);
  });

  it('has leaves that import no other part of the house', () => {
    const leaves = ['errors', 'clock', 'log'].map((name) => `packages/shared/src/${name}.ts`);
    const broken = offenders(
      ({ path, imports }) => leaves.includes(path) && imports.some((name) => name.startsWith('packages/')),
    );
    expect(broken).toEqual([]);
  });

  it('has no folder named for leftovers, and no barrel file', () => {
    expect(offenders(({ path }) => /\/(utils|helpers|common|misc)\/|\/index\.ts$/.test(path))).toEqual([]);
  });
});
