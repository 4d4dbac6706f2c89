import { afterAll, beforeAll, expect, test } from 'vitest';
import { Lab } from '../../conformance/lab.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';

let redis: RedisServer;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

test('a payload that is no JSON is stored as it is, and the jobs that travel with it get their own answers', async () => {
  const lab = await Lab.open('lease', redis.url);
  const payloads = ['{"n":1}', '{"n":', '{"n":3}'];
  const jobs = await Promise.all(payloads.map((payloadJson) => lab.submit({ payloadJson })));
  expect(jobs.map(({ payload }) => payload)).toEqual([{ n: 1 }, '{"n":', { n: 3 }]);
  expect(await lab.counts()).toMatchObject({ waiting: 3 });
  const worker = await lab.worker();
  const done = await worker.complete(3);
  expect(done.map(({ payloadJson }) => payloadJson)).toEqual(payloads);
  await lab.close();
});
