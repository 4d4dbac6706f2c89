import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Death, Running } from './supervised.ts';

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Starts a program in a session of its own, so that Ctrl-C in the terminal reaches the runner alone, which then stops
 * everything in order. Its standard input stays open for as long as the runner lives.
 * @param onLine gets every line that the program prints
 */
export function launch({ command, args, env }: Program, onLine: (text: string) => void): Running {
  const stdio: StdioOptions = ['pipe', 'pipe', 'pipe'];
  const child = spawn(command, args, { env, stdio, detached: true });
  // A process that ends closes the pipe under us; nothing is ever written to it.
  child.stdin?.on('error', () => {});
  for (const stream of [child.stdout, child.stderr]) if (stream) readLines(stream, onLine);
  return { pid: child.pid, ended: endOf(child, onLine), kill: (signal) => void child.kill(signal) };
}

function readLines(input: Readable, onLine: (text: string) => void): void {
  createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }).on('line', onLine);
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
