import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../support/redis-server.ts';
import { cleanEnv } from './child.ts';
import { untilReady } from './producer.ts';

/** The real worker with the sample handlers, as `npm start` runs it. */
export async function startWorker(redisUrl: string): Promise<{ pid: number; readyMs: number; leave(): Promise<void> }> {
  const port = await freePort();
  const main = fileURLToPath(import.meta.resolve('@prodwork/worker/main'));
  const env = { ...cleanEnv(), REDIS_URL: redisUrl, WORKER_PORT: String(port) };
  const beganAt = performance.now();
  const child = spawn(process.execPath, ['--conditions=source', main], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  await untilReady(`http://127.0.0.1:${port}/readyz`, child);
  return {
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
