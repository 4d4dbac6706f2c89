import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { during, SetupError } from './say.mjs';
import { capture, tail } from './shell.mjs';

const NODE_MAJOR = 24;
const PNPM_MAJOR = 12;

/**
 * @typedef {object} Toolchain
 * @property {string} node path of a Node that runs TypeScript
 * @property {(args: readonly string[]) => [command: string, args: string[]]} pnpm how to call pnpm
 * @property {NodeJS.ProcessEnv} env the environment in which `node` is that Node
 */

/**
 * Finds Node 24 and pnpm 12, or installs what is missing of them into the checkout's ignored folder.
 * @param {string} root the checkout
 * @param {boolean} needsPnpm false when dependencies are in place: looking for pnpm costs half a second
 * @returns {Promise<Toolchain>}
 */
export async function findToolchain(root, needsPnpm) {
  const dir = join(root, '.prodwork', 'toolchain');
  const ownNode = join(dir, 'node_modules', '.bin', 'node');
  const ownPnpm = join(dir, 'node_modules', 'pnpm', 'bin', 'pnpm.mjs');

  const hasNode = Number(process.versions.node.split('.')[0]) >= NODE_MAJOR;
  const missing = [];
  if (!hasNode && !existsSync(ownNode)) missing.push(nodePackage());
  const hasPnpm = needsPnpm && !existsSync(ownPnpm) && (await isPnpmOnPath(root));
  if (needsPnpm && !hasPnpm && !existsSync(ownPnpm)) missing.push(`pnpm@${PNPM_MAJOR}`);
  if (missing.length > 0) await install(dir, missing);

  const node = hasNode ? process.execPath : ownNode;
  const path = hasNode ? process.env.PATH : `${join(dir, 'node_modules', '.bin')}${delimiter}${process.env.PATH ?? ''}`;
  return {
    node,
    // The file that npm links as `pnpm` is a placeholder until an install script replaces it; this entry needs none.
    pnpm: (args) => (hasPnpm ? ['pnpm', [...args]] : [node, [ownPnpm, ...args]]),
    env: { ...process.env, PATH: path },
  };
}

/**
 * The package that holds the binary itself. The package called `node` is a wrapper that fetches this one from an install
 * script, which many machines refuse to run.
 */
function nodePackage() {
  const prefix = process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node';
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  return `${prefix}-${platform}-${process.arch}@${NODE_MAJOR}`;
}

async function isPnpmOnPath(root) {
  const { code, output } = await capture('pnpm', ['--version'], { cwd: root });
  return code === 0 && Number(output.trim().split('.')[0]) >= PNPM_MAJOR;
}

async function install(dir, packages) {
  mkdirSync(dir, { recursive: true });
  // A manifest of its own, so that npm does not climb up to the workspace's.
  const manifest = join(dir, 'package.json');
  if (!existsSync(manifest)) writeFileSync(manifest, '{ "private": true }\n');
  const args = ['install', '--prefix', dir, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const what = `installing ${packages.join(' and ')} into .prodwork/toolchain (once, from the npm registry)`;
  const options = {
    cwd: dir,
    // What npm tells its scripts about the outer call must not steer this one.
    env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_(?!config_)/.test(name))),
  };
  const { code, output } = await during(what, () => capture(npm, [...args, ...packages], options));
  if (code === 0) return;
  throw new SetupError(`could not install ${packages.join(' and ')}: ${reasonOf(code, output)}`);
}

/** Says in words what most likely went wrong, with the tool's own last lines beneath. */
export function reasonOf(code, output) {
  const known = [
    [code === 127, 'npm is not on PATH; install Node together with npm (https://nodejs.org)'],
    [
      /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH/.test(output),
      'the npm registry cannot be reached; check network, proxy and `npm config get registry`',
    ],
    [/ENOSPC/.test(output), 'the disk is full'],
    [/EACCES|EPERM|EROFS/.test(output), 'a file or folder may not be written; who owns this checkout?'],
    [
      /ETARGET|E404|EBADPLATFORM/.test(output),
      `the registry has no such package for ${process.platform} ${process.arch}`,
    ],
    [
      /OUTDATED_LOCKFILE/.test(output),
      'pnpm-lock.yaml does not fit the package.json files; run `pnpm install` and commit the lockfile',
    ],
    [
      /IGNORED_BUILDS/.test(output),
      'a package wants to run an install script that pnpm-workspace.yaml (allowBuilds) does not list',
    ],
  ];
  const words = known.find(([applies]) => applies)?.[1] ?? `exit code ${code}`;
  return `${words}\n${tail(output)}`;
}
