import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { until } from './until.ts';
import { conditionsOf } from './worker-process.ts';

const MAIN = fileURLToPath(new URL('../../packages/producer/src/main.ts', import.meta.url));

/** A real producer, as a process of its own. */
export interface ProducerProcess {
  readonly url: string;
  readonly pid: number;
  signal(signal: NodeJS.Signals): void;
  /** Resolves with the exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

/** Starts a producer on a free port; resolves when it listens. */
export async function startProducer(env: NodeJS.ProcessEnv, main = MAIN): Promise<ProducerProcess> {
  const child: ChildProcess = spawn(process.execPath, [...conditionsOf(main), main], {
    env: { PATH: process.env.PATH, PRODUCER_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close').then(([code, signal]): number | NodeJS.Signals => code ?? signal);
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const url = await Promise.race([
    until('the producer to listen', () => /"address":"(http[^"]+)"/.exec(text)?.[1], 30_000),
    ended.then((code) => Promise.reject(new Error(`the producer ended with ${code}: ${text}`))),
  ]);
  return { url, pid: child.pid ?? 0, ended, signal: (signal) => void child.kill(signal) };
}
