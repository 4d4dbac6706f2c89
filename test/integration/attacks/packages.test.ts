import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Published, startRegistry } from '../../support/package-registry.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const DAY_MS = 86_400_000;

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'prodwork-install-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** `pnpm install` as the set-up runs it, in `dir`, with a store of its own. */
function install(...args: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
  // The project's own pnpm; on a machine that has the right one already, that is it.
  const own = join(ROOT, '.prodwork/toolchain/node_modules/.bin/pnpm');
  const command = existsSync(own) ? own : 'pnpm';
  const places = [`--store-dir=${join(dir, 'store')}`, `--config.cache-dir=${join(dir, 'cache')}`];
  const env = { ...process.env, CI: 'true', PATH: `${join(own, '..')}:${process.env.PATH}` };
  return new Promise((resolve) => {
    execFile(command, ['install', ...places, ...args], { cwd: dir, env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : 1, output: stdout + stderr });
    });
  });
}

/** A project with this workspace's own rules, and one dependency. */
async function installOne(published: Published) {
  const registry = await startRegistry([published]);
  try {
    const rules = readFileSync(join(ROOT, 'pnpm-workspace.yaml'), 'utf8').replace(/^packages:\n(?: +- .*\n)+/, '');
    writeFileSync(join(dir, 'pnpm-workspace.yaml'), rules);
    const dependencies = { [published.name]: published.version };
    writeFileSync(join(dir, 'package.json'), JSON.stringify({ name: 'probe', private: true, dependencies }));
    return await install('--no-frozen-lockfile', `--registry=${registry.url}`);
  } finally {
    await registry.stop();
  }
}

describe('what would be installed', () => {
  it('a dependency that the lockfile does not know fails the install, which says so', async () => {
    for (const file of ['package.json', 'pnpm-workspace.yaml', 'pnpm-lock.yaml'])
      cpSync(join(ROOT, file), join(dir, file));
    for (const name of ['test', ...readdirSync(join(ROOT, 'packages')).map((one) => `packages/${one}`)]) {
      mkdirSync(join(dir, name), { recursive: true });
      cpSync(join(ROOT, name, 'package.json'), join(dir, name, 'package.json'));
    }
    const path = join(dir, 'packages/worker/package.json');
    const manifest = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, JSON.stringify({ ...manifest, dependencies: { ...manifest.dependencies, extra: '1.0.0' } }));
    const { code, output } = await install('--frozen-lockfile', '--offline');
    expect(code).toBe(1);
    expect(output).toMatch(/ERR_PNPM_OUTDATED_LOCKFILE/);
  });

  it('a version that has been public for less than a day is refused, with its age as the reason', async () => {
    const publishedAt = new Date(Date.now() - DAY_MS / 2);
    const { code, output } = await installOne({ name: 'too-young', version: '1.0.0', publishedAt });
    expect(code).toBe(1);
    expect(output).toMatch(/minimumReleaseAge|MATUR|MATURE/i);
    expect(existsSync(join(dir, 'node_modules/too-young'))).toBe(false);
  });

  it('an older one is installed', async () => {
    const publishedAt = new Date(Date.now() - 2 * DAY_MS);
    const { code, output } = await installOne({ name: 'old-enough', version: '1.0.0', publishedAt });
    expect(output).toContain('old-enough');
    expect(code).toBe(0);
  });

  it('an install script that nobody allowed is not run, and fails the install by name', async () => {
    const publishedAt = new Date(Date.now() - 2 * DAY_MS);
    const scripts = { postinstall: `node -e "require('fs').writeFileSync('${join(dir, 'ran')}', '')"` };
    const { code, output } = await installOne({ name: 'with-script', version: '1.0.0', publishedAt, scripts });
    expect(code).toBe(1);
    expect(output).toMatch(/ERR_PNPM_IGNORED_BUILDS[\s\S]*with-script/);
    expect(existsSync(join(dir, 'ran'))).toBe(false);
  });
});
