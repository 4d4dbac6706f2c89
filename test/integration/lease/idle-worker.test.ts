import { afterAll, beforeAll, expect, test } from 'vitest';
import { Lab } from '../../conformance/lab.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { until } from '../../support/until.ts';

let redis: RedisServer;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

test.each(['lease', 'brpop', 'bullmq'] as const)(
  'the fetch loop of a worker that has nothing to do is seen to turn (%s)',
  async (engine) => {
    const lab = await Lab.open(engine, redis.url);
    const worker = await lab.worker({ name: 'idle' });
    await lab.isListed(worker);
    let before = worker.consumer.turnedAt();
    // Twice: the first turn may still be that of joining.
    for (let turn = 0; turn < 2; turn++) {
      await until('another turn', () => worker.consumer.turnedAt() > before, 20_000);
      before = worker.consumer.turnedAt();
    }
    expect(worker.claims).toEqual([]);
    await lab.close();
  },
);
