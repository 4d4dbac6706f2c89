/** `npm run build`: every package to plain JavaScript in its `dist`, for images and for publishing. */
import { cp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT, runTool } from './checks/tools.ts';

interface Package {
  readonly name: string;
  readonly folder: string;
  readonly needs: readonly string[];
}

const say = (text: string): void => void process.stdout.write(`prodwork: ${text}\n`);

async function findPackages(): Promise<readonly Package[]> {
  const found: Package[] = [];
  for (const entry of await readdir(join(ROOT, 'packages'))) {
    const folder = join(ROOT, 'packages', entry);
    const files: readonly string[] = await readdir(folder).catch(() => []);
    if (!files.includes('tsconfig.json')) continue;
    const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
      readonly name: string;
      readonly dependencies?: Readonly<Record<string, string>>;
    };
    found.push({ name: manifest.name, folder, needs: Object.keys(manifest.dependencies ?? {}) });
  }
  return found;
}

/** Each package after those whose types it reads. */
function inOrder(packages: readonly Package[]): readonly Package[] {
  const ordered: Package[] = [];
  const visit = (one: Package, path: readonly Package[]): void => {
    if (ordered.includes(one)) return;
    if (path.includes(one)) throw new Error(`packages need each other: ${path.map(({ name }) => name).join(', ')}`);
    for (const other of packages) if (one.needs.includes(other.name)) visit(other, [...path, one]);
    ordered.push(one);
  };
  for (const one of packages) visit(one, []);
  return ordered;
}

/** What is read at run time and is no TypeScript (Lua, styles, pictures) goes along, at the same place. */
async function copyAssets(folder: string): Promise<void> {
  await cp(join(folder, 'src'), join(folder, 'dist'), {
    recursive: true,
    filter: (path) => !path.endsWith('.ts'),
  });
}

async function main(): Promise<number> {
  for (const { name, folder } of inOrder(await findPackages())) {
    say(`building ${name}`);
    await rm(join(folder, 'dist'), { recursive: true, force: true });
    const code = await runTool('tsc', ['-p', join(folder, 'tsconfig.json')]);
    if (code !== 0) return code;
    await copyAssets(folder);
  }
  return 0;
}

process.exitCode = await main();
