import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Lab } from '../../conformance/lab.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { until } from '../../support/until.ts';

let redis: RedisServer;
let client: Redis;

beforeAll(async () => {
  redis = await startRedis();
  client = redis.client();
});
afterAll(() => redis.stop());

type Snapshot = readonly (readonly [string, Buffer])[];

async function snapshot(): Promise<Snapshot> {
  const keys = await client.keys('*');
  return Promise.all(
    keys.map(async (key) => {
      const dump = await client.dumpBuffer(key);
      if (dump === null) throw new Error(`${key} is gone`);
      return [key, dump] as const;
    }),
  );
}

/** Redis as it was, and every connection cut: what a power loss with `everysec` looks like to a worker. */
async function backTo(past: Snapshot): Promise<void> {
  const multi = client.multi().flushdb();
  for (const [key, dump] of past) multi.restore(key, '0', dump);
  await multi.exec();
  await client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
}

test('a job whose end was forgotten by a power loss is started again under a higher fence', async () => {
  const lab = await Lab.open('lease', redis.url);
  const worker = await lab.worker();
  const { id } = await lab.submit();
  const first = await worker.next();
  const past = await snapshot();
  expect(await worker.settle(first, { kind: 'complete', resultJson: '1' })).toBe('committed');

  await backTo(past);

  const second = await worker.next();
  expect(second).toMatchObject({ id, delivery: 2, attempt: 1 });
  expect(second.fence).toBeGreaterThan(first.fence);
  expect(await worker.settle(second, { kind: 'complete', resultJson: '2' })).toBe('committed');
  expect(await lab.job(id)).toMatchObject({ state: 'completed', result: 2 });
  await lab.close();
});

test('a worker whose claim was forgotten by a power loss is told that the job is lost, and the job is handed out again', async () => {
  const lab = await Lab.open('lease', redis.url);
  const worker = await lab.worker();
  await lab.isListed(worker);
  await lab.inspector.pause(lab.queue);
  const { id } = await lab.submit();
  const past = await snapshot();
  await lab.inspector.resume(lab.queue);
  const first = await worker.next();

  await backTo(past);
  await until('the inspector to be back', () =>
    lab.inspector.resume(lab.queue).then(
      () => true,
      () => false,
    ),
  );

  const second = await worker.next();
  await until('the first claim to be told lost', () => worker.lost.some(({ fence }) => fence === first.fence));
  expect(second.id).toBe(id);
  expect(second.fence).toBeGreaterThan(first.fence);
  expect(await worker.settle(first, { kind: 'complete', resultJson: '1' })).toBe('lost');
  expect(await worker.settle(second, { kind: 'complete', resultJson: '2' })).toBe('committed');
  await lab.close();
});
