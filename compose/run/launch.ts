import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import type { LinePrefix } from './line-prefix.ts';
import type { Death, Running } from './supervised.ts';

export interface Program {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Starts a program in a session of its own, so that Ctrl-C in the terminal reaches the runner alone, which then stops
 * everything in order. Its standard input stays open for as long as the runner lives.
 */
export function launch({ name, command, args, env }: Program, lines: LinePrefix): Running {
  const stdio: StdioOptions = ['pipe', 'pipe', 'pipe'];
  const child = spawn(command, args, { env, stdio, detached: true });
  // A process that ends closes the pipe under us; nothing is ever written to it.
  child.stdin?.on('error', () => {});
  if (child.stdout) lines.attach(name, child.stdout);
  if (child.stderr) lines.attach(name, child.stderr);
  return {
    pid: child.pid,
    ended: endOf(child, (text) => lines.line(name, text)),
    kill: (signal) => void child.kill(signal),
  };
}

function endOf(child: ChildProcess, say: (text: string) => void): Promise<Death> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      say(error.message);
      if (child.pid === undefined) resolve({ code: 127, signal: null });
    });
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}
