import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { must, ROOT } from './docker.ts';

/** Every line of the tour that is meant to be typed. */
const COMMANDS: readonly string[] = [
  ...readFileSync(join(ROOT, 'docs', 'tour.md'), 'utf8').matchAll(/^```sh\n([\s\S]*?)^```$/gm),
].flatMap(([, block = '']) => block.split('\n').filter(Boolean));

const used = new Set<string>();

/** The line of the tour that begins so; it counts as typed. */
export function lineOf(start: string): string {
  const line = COMMANDS.find((command) => command === start) ?? COMMANDS.find((command) => command.startsWith(start));
  if (line === undefined) throw new Error(`the tour has no command ${start}`);
  used.add(line);
  return line;
}

/** Runs a command of the tour, as it stands there. */
export function asWritten(command: string): Promise<string> {
  if (!COMMANDS.includes(command)) throw new Error(`the tour has no command ${command}`);
  return must(lineOf(command));
}

export const unusedCommands = (): string[] => COMMANDS.filter((command) => !used.has(command));

/** A command of the tour that goes on until it is ended; what it shows, and its end. */
export function showing(command: string, cwd: string = ROOT, env: NodeJS.ProcessEnv = process.env) {
  // A group of its own: what the shell started ends with it.
  const child = spawn('bash', ['-c', `exec 2>&1; ${lineOf(command)}`], {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return {
    lines: (): string[] => stripVTControlCharacters(text).split('\n'),
    /** As Ctrl-C does; resolves when it has ended. */
    end: (): Promise<void> => {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGINT');
      return closed;
    },
  };
}
