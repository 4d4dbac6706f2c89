import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { during, SetupError } from './say.mjs';
import { capture } from './shell.mjs';
import { reasonOf } from './toolchain.mjs';

const stampFile = (root) => join(root, 'node_modules', '.prodwork-stamp');

/** True when node_modules is what the lockfile asks for, as far as a stamp and a look at the folders can tell. */
export function areInstalled(root) {
  const stamp = stampFile(root);
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== fingerprint(root)) return false;
  return manifests(root).every((path) => hasNoDependencies(path) || existsSync(join(path, '..', 'node_modules')));
}

/**
 * @param {string} root
 * @param {import('./toolchain.mjs').Toolchain} toolchain
 */
export async function installDependencies(root, toolchain) {
  const [command, args] = toolchain.pnpm(['install', '--frozen-lockfile', '--config.confirm-modules-purge=false']);
  const options = { cwd: root, env: { ...toolchain.env, CI: 'true' } };
  const { code, output } = await during('installing the dependencies', () =>
    capture(command, [...args, '--reporter=append-only'], options),
  );
  if (code !== 0) throw new SetupError(`could not install the dependencies: ${reasonOf(code, output)}`);
  markInstalled(root);
}

/** Notes that node_modules is what the lockfile asks for. @param {string} root */
export function markInstalled(root) {
  writeFileSync(stampFile(root), fingerprint(root));
}

/** Changes when any file changes that decides what is installed. */
function fingerprint(root) {
  const hash = createHash('sha256');
  for (const path of [join(root, 'pnpm-lock.yaml'), join(root, 'pnpm-workspace.yaml'), ...manifests(root)]) {
    hash.update(path.slice(root.length)).update('\0').update(readFileSync(path)).update('\0');
  }
  return hash.update(`${process.platform} ${process.arch}`).digest('hex');
}

function manifests(root) {
  const folders = readdirSync(join(root, 'packages'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(root, 'packages', entry.name));
  const paths = [root, join(root, 'test'), ...folders].map((folder) => join(folder, 'package.json'));
  return paths.filter((path) => existsSync(path)).sort();
}

function hasNoDependencies(path) {
  const { dependencies = {}, devDependencies = {} } = JSON.parse(readFileSync(path, 'utf8'));
  return Object.keys({ ...dependencies, ...devDependencies }).length === 0;
}
