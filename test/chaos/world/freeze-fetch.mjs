/**
 * Loaded into a worker (`--import`): on SIGUSR2 its scripts and blocking pops stop answering, as if the fetch loop had
 * met a bug, while the process, its timers, its health server and PING go on.
 */
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';
import { Redis } from 'ioredis';

if (isMainThread) {
  process.on('SIGUSR2', () => {
    for (const command of ['evalsha', 'eval', 'blmpop', 'brpop', 'blmove']) {
      Redis.prototype[command] = () => new Promise(() => {});
    }
  });
}
