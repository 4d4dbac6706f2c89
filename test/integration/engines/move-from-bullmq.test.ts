import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { ProdworkClient } from 'prodwork/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ProducerProcess, startProducer } from '../../support/producer-process.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { until } from '../../support/until.ts';
import { startWorker } from '../../support/worker-process.ts';

const PAGE = readFileSync(new URL('../../../docs/moving-from-bullmq.md', import.meta.url), 'utf8');
const SCRIPT = /```js\n(\/\/ move\.mjs\n[\s\S]*?)```/.exec(PAGE)?.[1] ?? '';
const OLD = 'mail';
/** Between two submits of the old producers, ms. */
const PACE_MS = 20;
/** Ends a hung test; several processes start on a machine that may be busy. */
const WITHIN_MS = 90_000;

let redis: RedisServer;
let producer: ProducerProcess;
beforeAll(async () => {
  redis = await startRedis();
  producer = await startProducer({ REDIS_URL: redis.url });
});
afterAll(async () => {
  producer.signal('SIGKILL');
  await producer.ended;
  await redis.stop();
});

/** The page's script, run as a person would run it. */
function mover(): { readonly child: ChildProcess; readonly output: () => string } {
  const child = spawn(process.execPath, ['--conditions=source', '--input-type=module', '-e', SCRIPT], {
    cwd: new URL('../..', import.meta.url).pathname,
    env: { PATH: process.env.PATH, OLD_REDIS_URL: redis.url, OLD_QUEUE: OLD, PRODWORK_URL: producer.url },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
  }
  return { child, output: () => text };
}

test('a queue moves live, its mover killed half-way: every job runs once, here or there', async () => {
  const connection = new Redis(redis.url, { maxRetriesPerRequest: null });
  const queue = new Queue(OLD, { connection });
  const ranThere: string[] = [];
  const held = Promise.withResolvers<void>();
  const worker = new Worker(
    OLD,
    async (job) => {
      if (job.name === 'held') await held.promise;
      ranThere.push(job.id ?? '');
    },
    { connection, concurrency: 3 },
  );
  let added = 0;
  const add = async (name: string, options = {}) => {
    const job = await queue.add(name, { seconds: 0 }, options);
    added += 1;
    return job;
  };
  await add('held');
  // Old producers, which go on until the second mover is at work.
  let isSubmitting = true;
  const submitting = (async () => {
    for (let number = 0; isSubmitting; number += 1) {
      const delay = number % 4 === 0 ? 1_500 : 0;
      await add('sleep', { priority: [0, 1, 5_000][number % 3], delay, attempts: 3 });
      await new Promise((resolve) => setTimeout(resolve, PACE_MS));
    }
  })();
  await until('the old worker to be at work', () => ranThere.length > 5);
  const strange = await queue.add('nobody-defined-this', {}, { delay: 3_600_000 });

  const client = new ProdworkClient({ url: producer.url });
  const counts = async () => (await client.queues()).find(({ name }) => name === 'default')?.counts;
  const first = mover();
  const arrived = async (): Promise<number> => {
    const { waiting = 0, scheduled = 0 } = (await counts()) ?? {};
    return waiting + scheduled;
  };
  const isMoving = async (): Promise<boolean> => (await arrived()) > 5;
  await until('the first mover to be at work', isMoving, WITHIN_MS);
  first.child.kill('SIGKILL');
  const before = await arrived();
  const second = mover();
  const ended = once(second.child, 'exit');
  await until('the second mover to be at work', async () => (await arrived()) > before + 5, WITHIN_MS);
  isSubmitting = false;
  await submitting;
  await until('the mover to wait for what is active', () => second.output().includes('1 active'), WITHIN_MS);
  held.resolve();
  const [code] = await ended;
  expect([code, second.output()]).toEqual([0, expect.stringContaining('1 refused')]);
  expect(second.output()).toContain(`${strange.id} stays`);

  const heir = await startWorker('worker-1', { REDIS_URL: redis.url });
  const isDone = async (): Promise<boolean> => ((await counts())?.completed ?? 0) + ranThere.length >= added;
  await until('all of them to be done', isDone, WITHIN_MS);
  const there = new Set(ranThere);
  expect(there.size).toBe(ranThere.length);
  expect(await counts()).toMatchObject({ completed: added - there.size, waiting: 0, active: 0, scheduled: 0 });
  expect(await queue.getJobCounts('waiting', 'prioritized', 'active', 'delayed')).toMatchObject({
    waiting: 0,
    prioritized: 0,
    active: 0,
    delayed: 1,
  });
  heir.signal('SIGTERM');
  await heir.ended;
  await worker.close();
  await queue.close();
  connection.disconnect();
}, 300_000);
