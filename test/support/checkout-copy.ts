import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, relative, resolve } from 'node:path';
import { areInstalled, markInstalled } from '../../compose/run/setup/dependencies.mjs';

const ROOT = resolve(import.meta.dirname, '../..');
/** What the runner keeps, what is built, and what nobody needs twice. */
const LEFT_OUT = /^(\.git|\.prodwork|node_modules|.*\.tgz)$|(^|\/)dist$/;

/** A copy of this checkout that a test may change: its files are its own, its installed packages are the checkout's. */
export interface CheckoutCopy {
  readonly dir: string;
  /** Runs a program in the copy. @throws Error with what it said when it does not end with 0. */
  run(command: string, args: readonly string[], env?: NodeJS.ProcessEnv, cwd?: string): Promise<string>;
  remove(): Promise<void>;
}

export async function copyCheckout(): Promise<CheckoutCopy> {
  const dir = await mkdtemp(join(tmpdir(), 'prodwork-copy-'));
  await cp(ROOT, dir, {
    recursive: true,
    // The links of each package's node_modules lead to the other packages of the copy, and out to what is installed.
    verbatimSymlinks: true,
    filter: (path) => !LEFT_OUT.test(relative(ROOT, path)),
  });
  const [from, to] = [join(ROOT, 'node_modules'), join(dir, 'node_modules')];
  await mkdir(to);
  for (const name of await readdir(from)) {
    if (name === '.bin') await cp(join(from, name), join(to, name), { recursive: true });
    else if (name === '.pnpm' || !name.startsWith('.')) await symlink(join(from, name), join(to, name));
  }
  // Its set-up is over: it must never install anything, which would change the checkout through these links.
  markInstalled(dir);
  if (!areInstalled(dir)) throw new Error('the copy would install its packages again');
  return {
    dir,
    run: (command, args, env = {}, cwd = dir) => runProgram(command, args, { ...plainEnv(), ...env }, cwd),
    remove: () => rm(dir, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** Settings of the machine, and of the runner of this test, are none of the copy's. The Node is the same. */
export function plainEnv(): NodeJS.ProcessEnv {
  const ours = /^(PRODWORK|WORKER|QUEUE|PRODUCER|HISTORY|NOTEBOARD|DATABASE|VITEST|TEST|NODE_ENV|npm)(_|$)|^LOG_/;
  const kept = Object.entries(process.env).filter(([name]) => !ours.test(name));
  return { ...Object.fromEntries(kept), PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}` };
}

/** How to call pnpm: the one of the set-up, else the one on PATH. */
export function pnpmCommand(): readonly [string, ...string[]] {
  const own = join(ROOT, '.prodwork/toolchain/node_modules/pnpm/bin/pnpm.mjs');
  return existsSync(own) ? [process.execPath, own] : ['pnpm'];
}

/** Runs a program to its end and gives back what it printed. @throws Error with what it said when it does not end with 0. */
export async function runProgram(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  cwd: string,
): Promise<string> {
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${[command, ...args].join(' ')} ended with ${code}:\n${said.slice(-6_000)}`);
  return out;
}
