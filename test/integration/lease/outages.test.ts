import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Lab } from '../../conformance/lab.ts';
import { COMPLETE } from '../../conformance/suite.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { until } from '../../support/until.ts';

describe('the lease engine on a Redis that is full, or came back empty', () => {
  let server: RedisServer;
  beforeEach(async () => {
    server = await startRedis();
  });
  afterEach(() => server.stop());

  test('memory full: submits are refused with QUEUE_FULL, claims and settles go on, and it accepts again', async () => {
    const lab = await Lab.open('lease', server.url);
    const worker = await lab.worker();
    const [first] = await lab.submitMany(3);
    const claim = await worker.next();
    expect(claim.id).toBe(first?.id);
    const client = server.client();
    await client.config('SET', 'maxmemory', '1mb');
    await expect(lab.submit()).rejects.toMatchObject({ code: 'QUEUE_FULL' });
    expect(await worker.settle(claim, COMPLETE)).toBe('committed');
    await worker.complete(2);
    expect(await lab.counts()).toMatchObject({ completed: 3, waiting: 0 });
    await client.config('SET', 'maxmemory', '0');
    await lab.submit();
    await worker.complete(1);
    await lab.close();
  });

  test('an empty Redis is an alarm: not ready, submits refused, nothing carried on; with its data back all goes on', async () => {
    const lab = await Lab.open('lease', server.url);
    const worker = await lab.worker();
    await lab.isListed(worker);
    await lab.submitMany(2, { type: 'unknown' });
    const client = server.client();
    const meta = `${lab.prefix}:{${lab.queue}:0}:meta`;
    const fields = await client.hgetall(meta);
    await client.del(meta);
    const isAlarmed = async (): Promise<boolean> => {
      const { isReady, problems } = await lab.engine.health();
      return !isReady && problems.some((problem) => problem.includes('without the data'));
    };
    await until('the alarm', isAlarmed);
    await expect(lab.submit()).rejects.toMatchObject({ code: 'PRODWORK_DATASET_LOST' });
    expect(await client.exists(meta)).toBe(0);
    await client.hset(meta, fields);
    await until('the engine to be ready', async () => (await lab.engine.health()).isReady);
    const { id } = await lab.submit();
    expect((await worker.complete(1))[0]?.id).toBe(id);
    await lab.close();
  });
});
