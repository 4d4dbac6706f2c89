import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import process from 'node:process';

const LOOK_EVERY_MS = 1_000;
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Runs the command in place of this process: same terminal, same signals, same exit code.
 * Ctrl-C in a terminal reaches the command twice or more (from the terminal, from npm, from here); the runner counts
 * signals that arrive together as one.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
export function handOver(command, args, env) {
  const child = spawn(command, args, { env, stdio: 'inherit' });
  for (const signal of FORWARDED) process.on(signal, () => child.kill(signal));
  // npm that is killed with -9 cannot tell us, and the command would run on unseen.
  if (process.env.npm_lifecycle_event !== undefined) {
    const ancestors = npmAndShell();
    setInterval(() => npmAndShell() !== ancestors && child.kill('SIGTERM'), LOOK_EVERY_MS).unref();
  }
  child.on('error', (error) => {
    process.stderr.write(`prodwork: cannot run ${command}: ${error.message}\n`);
    process.exit(126);
  });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}

/** The parent and, where the system tells, its parent: npm runs a script through a shell. Changes when either is gone. */
function npmAndShell() {
  const parent = process.ppid;
  try {
    const fields = readFileSync(`/proc/${parent}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return `${parent} ${fields[1]}`;
  } catch {
    return String(parent);
  }
}
