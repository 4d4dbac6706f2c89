import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { until } from './until.ts';

const MAIN = fileURLToPath(new URL('../../packages/worker/src/main.ts', import.meta.url));

const SOURCES = fileURLToPath(new URL('../../', import.meta.url));
/** A project elsewhere uses the packages as they are published. */
export const conditionsOf = (main: string): readonly string[] =>
  main.startsWith(SOURCES) ? ['--conditions=source'] : [];

/** A real worker, as a process of its own. */
export interface WorkerProcess {
  readonly name: string;
  readonly pid: number;
  /** Its lines of log so far, parsed. */
  readonly log: readonly Record<string, unknown>[];
  /** Waits for a line with this message. */
  says(message: string): Promise<Record<string, unknown>>;
  signal(signal: NodeJS.Signals): void;
  /** Resolves with the exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** Asks one of its probes. */
  get(path: string): Promise<Response>;
}

/** One line of the ledger (`WORKER_LEDGER_FILE`). */
export interface LedgerLine {
  readonly e: string;
  readonly id: string;
  readonly fence: number;
  readonly delivery: number;
  readonly attempt: number;
  readonly worker: string;
  readonly outcome?: string;
}

export function readLedger(file: string): readonly LedgerLine[] {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as LedgerLine);
}

/** Starts a worker; resolves when it takes jobs. */
export async function startWorker(name: string, env: NodeJS.ProcessEnv, main = MAIN): Promise<WorkerProcess> {
  const child: ChildProcess = spawn(process.execPath, [...conditionsOf(main), main], {
    env: { PATH: process.env.PATH, WORKER_NAME: name, WORKER_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close').then(([code, signal]): number | NodeJS.Signals => code ?? signal);
  const log: Record<string, unknown>[] = [];
  let rest = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) log.push(JSON.parse(line));
  });
  const says = (message: string) =>
    until(`${name} to say "${message}"`, () => log.find(({ msg }) => msg === message), 30_000);
  await Promise.race([
    says('ready for jobs'),
    ended.then((code) => Promise.reject(new Error(`${name} ended with ${code}: ${JSON.stringify(log)}`))),
  ]);
  const port = log.find(({ healthPort }) => healthPort !== undefined)?.healthPort;
  return {
    name,
    pid: child.pid ?? 0,
    log,
    says,
    ended,
    signal: (signal) => void child.kill(signal),
    get: (path) => fetch(`http://127.0.0.1:${port}${path}`),
  };
}
