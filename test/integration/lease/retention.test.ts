import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Lab } from '../../conformance/lab.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { until } from '../../support/until.ts';

const DAY_MS = 24 * 3_600_000;
const KEPT = { count: 1_000, ageMs: 3_600_000, bytes: 64 * 1024 * 1024 };

describe('what the lease engine keeps of finished jobs', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  test('by age: what finished too long ago is gone, with all that was known of it', async () => {
    const lab = await Lab.open('lease', server.url, { keep: { ...KEPT, ageMs: 1_000 } });
    const worker = await lab.worker();
    const { id } = await lab.submit();
    await worker.complete(1);
    await until('the job to be gone', async () => (await lab.inspector.job(id, lab.queue)) === undefined);
    expect((await lab.inspector.queue(lab.queue)).totals.completed).toBe(1);
    const keys = await server.client().keys(`${lab.prefix}:*:st`);
    expect(keys).toEqual([]);
    await lab.close();
  });

  test('by bytes: the oldest give way until the rest fits', async () => {
    const lab = await Lab.open('lease', server.url, { keep: { ...KEPT, bytes: 200_000 } });
    const worker = await lab.worker();
    const jobs = await lab.submitMany(40, { payloadJson: JSON.stringify('x'.repeat(20_000)) });
    await worker.complete(jobs.length);
    await until('the oldest to be pruned', async () => (await lab.counts()).completed < 10);
    await lab.close();
  });

  test('chosen ids and keys: for a day after the end, also when the job itself was pruned long before', async () => {
    const lab = await Lab.open('lease', server.url, { keep: { ...KEPT, count: 0 } });
    const worker = await lab.worker();
    const asked = { id: 'order-1', idempotencyKey: 'key-1' };
    await lab.submit(asked);
    await worker.complete(1);
    await until('the job to be pruned', async () => (await lab.inspector.job('order-1', lab.queue)) === undefined);
    const client = server.client();
    const key = `${lab.prefix}:{${lab.queue}:0}:keysexp`;
    const names = await client.zrange(key, 0, '-1');
    expect(names).toHaveLength(2);
    // A day after the submit: the end is not known any more, and may have been a moment ago.
    for (const name of names) await client.zadd(key, Date.now() - 1, name);
    const until24 = async (): Promise<boolean> => Number((await client.zscore(key, '=order-1')) ?? 0) > Date.now();
    await until('the names to be given another day', until24);
    expect(Number(await client.zscore(key, '=order-1'))).toBeGreaterThan(Date.now() + DAY_MS - 60_000);
    expect((await lab.ask(asked)).outcome).toBe('exists');
    expect((await lab.ask({ ...asked, payloadJson: '{"other":1}' })).outcome).toBe('conflict');
    // That day is over, too.
    for (const name of names) await client.zadd(key, Date.now() - 1.5, name);
    await until('the names to be forgotten', async () => (await client.exists(key)) === 0);
    expect((await lab.ask(asked)).outcome).toBe('stored');
    await lab.close();
  });
});
