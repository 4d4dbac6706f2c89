import type { Redis } from 'ioredis';
import { shardKeys } from 'prodwork/engines/lease/keys';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Lab } from '../../conformance/lab.ts';
import type { TestWorker } from '../../conformance/worker.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { until } from '../../support/until.ts';

let redis: RedisServer;
let client: Redis;
let lab: Lab;

beforeAll(async () => {
  redis = await startRedis();
  client = redis.client();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  lab = await Lab.open('lease', redis.url);
  return () => lab.close();
});

const keyOf = (name: string): string => `${shardKeys(lab.prefix, lab.queue, 0).prefix}${name}`;

const waitsForWork = ({ options }: TestWorker): Promise<unknown> =>
  until(`${options.name} to wait for work`, () => client.zscore(keyOf('idle'), options.incarnation));

/** How often a lane has joined the turn list: a job that went straight to a worker stood in none. */
const lanesEntered = async (): Promise<number> => Number(await client.hget(keyOf('meta'), 'turnSeq'));

test('a single job goes straight to the worker that has waited longest, and stands in no lane', async () => {
  const first = await lab.worker({ name: 'first', slots: 2 });
  await waitsForWork(first);
  const second = await lab.worker({ name: 'second', slots: 2 });
  await waitsForWork(second);

  const jobs = [await lab.submit(), await lab.submit(), await lab.submit()];
  const claims = [await first.next(), await second.next(), await first.next()];
  expect(claims.map(({ id }) => id)).toEqual(jobs.map(({ id }) => id));
  expect(claims[0]).toMatchObject({ delivery: 1, attempt: 1, generation: 1, isSuspect: false, payloadJson: '{}' });
  expect(await lanesEntered()).toBe(0);
  expect(await lab.counts()).toMatchObject({ waiting: 0, active: 3 });

  for (const [at, claim] of claims.entries()) {
    const worker = at === 1 ? second : first;
    expect(await worker.settle(claim, { kind: 'complete', resultJson: '1' })).toBe('committed');
  }
  expect(await lab.counts()).toMatchObject({ completed: 3, active: 0 });
});

test('a worker with all slots taken is passed over, and gets what waited in the order in which it came', async () => {
  const worker = await lab.worker({ name: 'one-slot', slots: 1 });
  await waitsForWork(worker);
  const jobs = [await lab.submit(), await lab.submit(), await lab.submit()];
  expect(await client.llen(keyOf('lane:1work'))).toBe(2);
  const done = await worker.complete(3);
  expect(done.map(({ id }) => id)).toEqual(jobs.map(({ id }) => id));
});

test.each([
  ['does not know its type', { types: ['other'] }, {}],
  ['is asked for more than an inbox takes', {}, { payloadJson: JSON.stringify('x'.repeat(70_000)) }],
] as const)('a job goes by its lane where the worker that waits %s', async (_, asked, job) => {
  const worker = await lab.worker({ name: 'waiting', ...asked });
  await waitsForWork(worker);
  const { id } = await lab.submit(job);
  expect(await lanesEntered()).toBe(1);
  const able = 'types' in asked ? await lab.worker({ name: 'able' }) : worker;
  expect(await able.complete(1)).toMatchObject([{ id }]);
});

test('nothing is handed over while the queue is paused, and what waits goes first when it is resumed', async () => {
  const worker = await lab.worker({ name: 'paused', slots: 5 });
  await waitsForWork(worker);
  await lab.inspector.pause(lab.queue);
  const early = await lab.submit();
  expect(worker.claims).toEqual([]);
  expect(await lab.counts()).toMatchObject({ waiting: 1, active: 0 });
  await lab.inspector.resume(lab.queue);
  const late = await lab.submit();
  const done = await worker.complete(2);
  expect(done.map(({ id }) => id)).toEqual([early.id, late.id]);
});
