import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Lab } from '../../conformance/lab.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { until } from '../../support/until.ts';

describe('completed jobs that the lease engine keeps', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  test('are listed newest first, page by page, and one may be removed from their middle', async () => {
    const lab = await Lab.open('lease', server.url);
    const worker = await lab.worker({ slots: 1 });
    const ids: string[] = [];
    for (let number = 0; number < 5; number += 1) {
      ids.push((await lab.submit()).id);
      await worker.complete(1);
    }
    const list = async (limit: number, cursor?: string) =>
      lab.inspector.list({ queue: lab.queue, state: 'completed', limit, ...(cursor === undefined ? {} : { cursor }) });
    const first = await list(2);
    const rest = await list(10, first.cursor);
    expect([...first.jobs, ...rest.jobs].map(({ id }) => id)).toEqual(ids.toReversed());

    expect(await lab.inspector.remove(ids[2] ?? '', lab.queue)).toBe('removed');
    expect((await list(10)).jobs.map(({ id }) => id)).toEqual([ids[4], ids[3], ids[1], ids[0]]);
    expect((await lab.counts()).completed).toBe(4);
    lab.ids.delete(ids[2] ?? '');
    await lab.close();
  });

  test('by age: those that ended too long ago are gone, and the younger ones behind them stay', async () => {
    const lab = await Lab.open('lease', server.url);
    const worker = await lab.worker();
    const jobs = await lab.submitMany(60);
    await worker.complete(jobs.length);
    const own = `${lab.prefix}:{${lab.queue}:0}:`;
    const client = server.client();
    const oldest = await client.lrange(`${own}completed`, 0, 44);
    for (const id of oldest) {
      const trail = (await client.hget(`${own}st`, id)) ?? '';
      await client.hset(`${own}st`, id, trail.replace(/^c\d+/, `c${Date.now() - 2 * 3_600_000}`));
    }
    await until('the oldest to be gone', async () => (await lab.counts()).completed === 15);
    expect(await client.hlen(`${own}st`)).toBe(15);
    expect(await client.hlen(`${own}rec`)).toBe(15);
    lab.ids.clear();
    await lab.close();
  });

  test('a trail is looked for only while a job that has not ended may have one', async () => {
    const lab = await Lab.open('lease', server.url);
    const worker = await lab.worker();
    const past = () => server.client().hexists(`${lab.prefix}:{${lab.queue}:0}:meta`, 'past');
    await lab.submit();
    await worker.complete(1);
    expect(await past()).toBe(0);
    const { id } = await lab.submit();
    await worker.settle(await worker.next(), {
      kind: 'retry',
      error: { code: 'HANDLER_FAILED', message: 'no' },
      delayMs: 0,
    });
    expect(await past()).toBe(1);
    const again = await worker.next();
    expect(again).toMatchObject({ id, delivery: 2, attempt: 2 });
    await worker.settle(again, { kind: 'complete', resultJson: '1' });
    await until('all trails to be of ended jobs', async () => (await past()) === 0);
    expect((await lab.job(id)).deliveries).toHaveLength(2);
    await lab.close();
  });
});
