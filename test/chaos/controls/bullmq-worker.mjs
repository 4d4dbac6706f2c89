/** A plain BullMQ worker that keeps the same books as ours: start, end, commit. */
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';

const { BULLMQ_FOLDER, REDIS_URL, WORKER_NAME, WORKER_PORT, WORKER_SLOTS, WORKER_LEDGER_FILE } = process.env;
const { Worker } = createRequire(join(BULLMQ_FOLDER, 'package.json'))('bullmq');
const { hostname: host, port } = new URL(REDIS_URL);

/** BullMQ has no fence: each start gets a number of its own, so that two commits can be told apart. */
const fences = new Map();
const append = (e, job, more = {}) => {
  const fence = fences.get(job) ?? 0;
  const line = {
    e,
    id: job.id,
    generation: 1,
    fence,
    ...more,
    type: job.name,
    delivery: 1,
    worker: WORKER_NAME,
    at: Date.now(),
  };
  appendFileSync(WORKER_LEDGER_FILE, `${JSON.stringify(line)}\n`);
};

const worker = new Worker(
  'default',
  async (job) => {
    fences.set(job, Date.now() * 1000 + Math.floor(Math.random() * 1000));
    append('start', job);
    await wait(job.data.ms);
    append('end', job);
    return { sleptMs: job.data.ms };
  },
  { connection: { host, port: Number(port), maxRetriesPerRequest: null }, concurrency: Number(WORKER_SLOTS) },
);
worker.on('error', (error) => process.stdout.write(`${error.message}\n`));
worker.on('completed', (job) => append('commit', job, { outcome: 'complete' }));
worker.on('failed', (job) => job && append('handback', job, { outcome: 'retry' }));

const server = createServer((_, response) => response.writeHead(worker.isRunning() ? 200 : 503).end());
server.listen(Number(WORKER_PORT), '127.0.0.1');

process.on('SIGTERM', () => {
  // Its own close waits for Redis, and here it may wait for ever.
  setTimeout(() => process.exit(0), 5_000).unref();
  void worker.close().then(() => process.exit(0));
});
