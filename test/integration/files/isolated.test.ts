import { RedisFiles } from 'prodwork/files/redis-store';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { contentOf } from '../../support/file-content.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { suspect } from '../../support/suspect-handlers.ts';
import { until } from '../../support/until.ts';
import { workerWith } from '../../support/worker-under-test.ts';

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
  // The child reads the environment of its worker, which here is this process.
  process.env.REDIS_URL = redis.url;
});
afterAll(async () => {
  delete process.env.REDIS_URL;
  await redis.stop();
});

test('a job that runs alone in its own process reads and writes files too', async () => {
  const { worker, consumer } = await workerWith([suspect], { drainMs: 1 });
  const claim = consumer.give('suspect', { how: 'file' }, { isSuspect: true });
  const outcome = await until('it is settled', () => consumer.outcomeOf(claim), 30_000);
  if (outcome.kind !== 'complete') throw new Error(JSON.stringify(outcome));
  const { file, read } = JSON.parse(outcome.resultJson) as { file: string; read: string };
  expect(read).toBe('written alone');
  const store = new RedisFiles({ redisUrl: redis.url, prefix: 'prodwork', quotaBytes: 1_000 });
  expect((await contentOf(store, file)).toString()).toBe('written alone');
  await store.stop();
  await worker.stop();
});
