import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../support/redis-server.ts';
import { cleanEnv } from './child.ts';

const LISTENS_WITHIN_MS = 20_000;

export interface Producer {
  readonly url: string;
  readonly pid: number;
  /** From the start of the process to its first 200 on /readyz, ms. */
  readonly readyMs: number;
  leave(): Promise<void>;
}

/** The real producer in a process of its own, as `npm start` runs it; ready when it says so. */
export async function startProducer(redisUrl: string, settings: Readonly<Record<string, string>>): Promise<Producer> {
  const port = await freePort();
  const main = fileURLToPath(import.meta.resolve('@prodwork/producer/main'));
  const env = { ...cleanEnv(), REDIS_URL: redisUrl, PRODUCER_PORT: String(port), ...settings };
  const beganAt = performance.now();
  const child = spawn(process.execPath, ['--conditions=source', main], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const url = `http://127.0.0.1:${port}`;
  await untilReady(`${url}/readyz`, child);
  return {
    url,
    pid: child.pid ?? 0,
    readyMs: performance.now() - beganAt,
    async leave() {
      if (child.exitCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** Asks until the answer is 200. @throws Error when the process ended, or takes too long. */
export async function untilReady(url: string, child: ChildProcess): Promise<void> {
  const giveUpAt = performance.now() + LISTENS_WITHIN_MS;
  for (;;) {
    const isReady = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return;
    if (child.exitCode !== null) throw new Error(`the process ended with code ${child.exitCode}`);
    if (performance.now() > giveUpAt) {
      child.kill('SIGKILL');
      throw new Error(`not ready within ${LISTENS_WITHIN_MS} ms: ${url}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
