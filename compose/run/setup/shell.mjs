import { spawn } from 'node:child_process';
import process from 'node:process';

/**
 * Runs a program and collects what it printed. Never rejects.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<{ code: number, output: string }>} code 127 when there is no such program
 */
export function capture(command, args, { cwd, env = process.env } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output = (output + chunk).slice(-100_000);
      });
    }
    child.on('error', (error) => resolve({ code: error.code === 'ENOENT' ? 127 : 126, output: error.message }));
    child.on('close', (code, signal) => resolve({ code: code ?? (signal === null ? 1 : 128), output }));
  });
}

/** The last lines of a program's output, for an error message. */
export const tail = (output, lines = 8) => output.trim().split('\n').slice(-lines).join('\n');
