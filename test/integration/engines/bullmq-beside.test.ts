import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { bullPrefix } from 'prodwork/engines/bullmq/layout';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Lab } from '../../conformance/lab.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { until } from '../../support/until.ts';

describe('bullmq: other BullMQ clients work beside it', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  const connect = () => new Redis(server.url, { maxRetriesPerRequest: null });

  test('a job that plain BullMQ code added is run', async () => {
    const lab = await Lab.open('bullmq', server.url);
    const worker = await lab.worker();
    const connection = connect();
    const queue = new Queue(lab.queue, { connection, prefix: bullPrefix(lab.prefix) });
    const added = await queue.add('work', { to: 'a@example.org' }, { attempts: 2 });
    const claim = await worker.next();
    expect(claim).toMatchObject({
      id: added.id,
      type: 'work',
      payloadJson: '{"to":"a@example.org"}',
      maxAttempts: 2,
      attempt: 1,
    });
    expect(await worker.settle(claim, { kind: 'complete', resultJson: '{"sent":true}' })).toBe('committed');
    expect((await queue.getJob(added.id ?? ''))?.returnvalue).toEqual({ sent: true });
    expect(await lab.job(added.id ?? '')).toMatchObject({ state: 'completed', result: { sent: true } });
    await queue.close();
    connection.disconnect();
    await lab.close();
  });

  test('a job submitted here is run by a plain BullMQ worker, and its result is read here', async () => {
    const lab = await Lab.open('bullmq', server.url);
    const { id } = await lab.submit({ payloadJson: '{"n":20}' });
    const connection = connect();
    const worker = new Worker(lab.queue, async (job) => ({ doubled: job.data.n * 2 }), {
      connection,
      prefix: bullPrefix(lab.prefix),
    });
    const job = await lab.inState(id, 'completed');
    expect(job).toMatchObject({ result: { doubled: 40 }, attempts: 1 });
    await worker.close();
    connection.disconnect();
    await lab.close();
  });

  test('what Bull Board reads of a queue is there: counts, data, options, reasons, pauses', async () => {
    const lab = await Lab.open('bullmq', server.url);
    const connection = connect();
    const queue = new Queue(lab.queue, { connection, prefix: bullPrefix(lab.prefix) });
    const dead = await lab.submit({ payloadJson: '{"why":"not"}' });
    const worker = await lab.worker();
    await worker.settle(await worker.next(), {
      kind: 'bury',
      error: { code: 'HANDLER_FAILED', message: 'no such account' },
    });
    await lab.submit({ runAt: Date.now() + 60_000 });
    await lab.inspector.pause(lab.queue);
    await lab.submit({ priority: 'high' });
    expect(await queue.getJobCounts('prioritized', 'delayed', 'failed')).toEqual({
      prioritized: 1,
      delayed: 1,
      failed: 1,
    });
    expect(await queue.isPaused()).toBe(true);
    const failed = await queue.getJob(dead.id);
    expect(failed).toMatchObject({ name: 'work', data: { why: 'not' }, failedReason: 'no such account' });
    expect(await queue.getWorkers()).toHaveLength(1);
    await queue.close();
    connection.disconnect();
    await lab.close();
  });

  test('a job whose data and options somebody mangled does not stop the worker', async () => {
    const lab = await Lab.open('bullmq', server.url);
    const client = server.client();
    const bad = await lab.submit();
    await client.hset(
      `${bullPrefix(lab.prefix)}:${lab.queue}:${bad.id}`,
      'opts',
      '{"prodwork":7,"attempts":"x"}',
      'data',
      '"text"',
    );
    const good = await lab.submit();
    const worker = await lab.worker({ slots: 2 });
    const claims = [await worker.next(), await worker.next()];
    expect(claims.map(({ id }) => id).toSorted()).toEqual([bad.id, good.id].toSorted());
    for (const claim of claims) await worker.settle(claim, { kind: 'complete', resultJson: 'null' });
    await lab.inState(good.id, 'completed');
    await lab.close();
  });

  test('a worker consumes again after Redis was killed', async () => {
    const lab = await Lab.open('bullmq', server.url);
    const worker = await lab.worker();
    await lab.isListed(worker);
    await server.kill();
    await server.restart();
    const job = await until('a submit', () => lab.submit().catch(() => undefined), 20_000);
    expect((await worker.next()).id).toBe(job.id);
    await lab.close();
  });
});
