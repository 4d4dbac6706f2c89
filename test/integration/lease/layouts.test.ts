import { randomUUID } from 'node:crypto';
import type { Engine } from 'prodwork/engine/engine';
import type { NewJob } from 'prodwork/engine/submitter';
import { leaseEngine } from 'prodwork/engines/lease/engine';
import { LAYOUT, type Layout } from 'prodwork/engines/lease/keys';
import { createLog } from 'prodwork/log';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LocalWorker } from '../../conformance/worker.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { until } from '../../support/until.ts';

const QUEUE = 'lab';
const JOBS = 60;
const OURS = LAYOUT;
const NEXT: Layout = { number: OURS.number + 1, oldest: OURS.number };
const log = createLog({ name: 'test', level: 'silent', format: 'json' });
const job: NewJob = {
  queue: QUEUE,
  type: 'work',
  payloadJson: '{}',
  priority: 'normal',
  maxAttempts: 1,
  delivery: 'at-least-once',
};

describe('layouts of the lease engine', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  /** One release: an engine that knows this layout. */
  const release = (prefix: string, layout: Layout): Engine => {
    const keep = { count: 1_000, ageMs: 3_600_000, bytes: 1_000_000 };
    const limits = { backlogMax: 1_000, leaseMs: 5_000, heartbeatMs: 300, deliveryLimit: 20, keep };
    return leaseEngine({ redisUrl: server.url, prefix, log, durability: 'everysec', ...limits }, layout);
  };
  const workerOf = async (engine: Engine, name: string): Promise<LocalWorker> => {
    const about = { name, incarnation: randomUUID(), host: 'lab', pid: process.pid, version: '0.0.0', slots: 2 };
    const types = [{ type: 'work', delivery: 'at-least-once' as const }];
    const worker = new LocalWorker({ ...about, queue: QUEUE, types }, (context) => engine.consumer(context));
    await worker.start();
    return worker;
  };
  const submit = async (engine: Engine, count: number): Promise<readonly string[]> => {
    const submitter = engine.submitter();
    await submitter.start();
    const ids: string[] = [];
    for (let number = 0; number < count; number += 1) {
      const submitted = await submitter.submit(job);
      if (submitted.outcome === 'stored') ids.push(submitted.job.id);
    }
    await submitter.stop();
    return ids;
  };
  const isListed = async (engine: Engine, name: string): Promise<void> => {
    const inspector = engine.inspector();
    await inspector.start();
    await until(`${name} to be listed`, async () => (await inspector.workers(QUEUE)).some((one) => one.name === name));
    await inspector.stop();
  };
  const metaOf = (prefix: string): string => `${prefix}:{${QUEUE}:0}:meta`;

  test('a data set of the layout before is migrated when it is opened, and its jobs run', async () => {
    const before = release('migrated', OURS);
    const [id = ''] = await submit(before, 1);
    const client = server.client();
    // As layout 1 wrote it.
    await client.hset(metaOf('migrated'), 'layout', 1);
    await client.hdel(metaOf('migrated'), 'oldest');
    const now = release('migrated', OURS);
    const worker = await workerOf(now, 'worker-1');
    expect((await worker.complete(1))[0]?.id).toBe(id);
    expect(await client.hmget(metaOf('migrated'), 'layout', 'oldest')).toEqual([
      String(OURS.number),
      String(OURS.oldest),
    ]);
    await worker.stop();
  });

  test('completed jobs of a layout before 3 are moved from their zset into a list, oldest first', async () => {
    const before = release('zset', OURS);
    const ids = await submit(before, 3);
    const worker = await workerOf(before, 'worker-1');
    await worker.complete(3);
    await worker.stop();
    const client = server.client();
    const completed = `zset:{${QUEUE}:0}:completed`;
    const locals = await client.lrange(completed, 0, -1);
    await client.del(completed);
    for (const [at, local] of locals.entries()) await client.zadd(completed, at, local);
    await client.hset(metaOf('zset'), 'layout', 2, 'oldest', 1);
    const inspector = release('zset', OURS).inspector();
    await inspector.start();
    expect((await inspector.queue(QUEUE)).counts.completed).toBe(3);
    const { jobs } = await inspector.list({ queue: QUEUE, state: 'completed', limit: 10 });
    expect(jobs.map(({ id }) => id).toSorted()).toEqual([...ids].toSorted());
    expect(await client.lrange(completed, 0, -1)).toEqual(locals);
    await inspector.stop();
  });

  test('two neighbouring releases run side by side: each runs jobs that the other one stored', async () => {
    const [old, young] = [release('neighbours', OURS), release('neighbours', NEXT)];
    const first = await workerOf(old, 'of-the-old');
    await isListed(old, 'of-the-old');
    const second = await workerOf(young, 'of-the-young');
    await isListed(young, 'of-the-young');
    // What a later layout may add, where this one must look past it.
    await server.client().hset(metaOf('neighbours'), 'a field of tomorrow', '1');
    const ids = [...(await submit(young, JOBS / 2)), ...(await submit(old, JOBS / 2))];
    const settled = new Set<string>();
    const settleAll = async (): Promise<boolean> => {
      for (const worker of [first, second]) {
        for (const claim of worker.claims.filter((one) => !settled.has(one.id))) {
          settled.add(claim.id);
          expect(await worker.settle(claim, { kind: 'complete', resultJson: 'null' })).toBe('committed');
        }
      }
      return settled.size === JOBS;
    };
    await until('all of them to be done', settleAll, 20_000);
    expect([...settled].toSorted()).toEqual([...ids].toSorted());
    expect(Math.min(first.claims.length, second.claims.length)).toBeGreaterThan(0);
    // One of the old release may even start again while the update is under way.
    await first.stop();
    const again = await workerOf(release('neighbours', OURS), 'of-the-old');
    await second.stop();
    const [id] = await submit(old, 1);
    expect((await again.complete(1))[0]?.id).toBe(id);
    await again.stop();
  });

  test('a release two layouts on waits until the last worker that is too old has left, and then shuts it out', async () => {
    const far: Layout = { number: OURS.number + 2, oldest: OURS.number + 1 };
    const old = await workerOf(release('far', OURS), 'too-old');
    await isListed(release('far', OURS), 'too-old');
    await expect(submit(release('far', far), 1)).rejects.toMatchObject({
      code: 'PRODWORK_LAYOUT_BUSY',
      message: expect.stringContaining('too-old'),
    });
    await old.stop();
    expect(await submit(release('far', far), 1)).toHaveLength(1);
    await expect(submit(release('far', OURS), 1)).rejects.toMatchObject({ code: 'PRODWORK_LAYOUT_NEWER' });
    const worker = await workerOf(release('far', OURS), 'too-old');
    await until('the refusal', () => worker.fatal.some(({ code }) => code === 'PRODWORK_LAYOUT_NEWER'));
    await worker.stop();
  });
});
