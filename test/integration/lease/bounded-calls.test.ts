import { randomUUID } from 'node:crypto';
import type { Claim } from 'prodwork/engine/consumer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Lab } from '../../conformance/lab.ts';
import { VITALS } from '../../conformance/worker.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { until } from '../../support/until.ts';

/** More than one call hands out. */
const SLOTS = 400;
/** Nothing but the answers themselves may make a worker ask again: no heartbeat comes within this test. */
const NO_BEAT = { leaseMs: 600_000, heartbeatMs: 300_000 };

/** Two of these are more than 256 KiB. */
const LARGE = JSON.stringify('x'.repeat(150_000));

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

test.each([
  ['many', SLOTS, '{}'],
  ['large ones', 8, JSON.stringify('x'.repeat(200_000))],
])('a worker that finds more jobs than one call hands out fills its slots: %s', async (_what, jobs, payloadJson) => {
  const lab = await Lab.open('lease', redis.url, NO_BEAT);
  for (let made = 0; made < jobs; made += 1) await lab.submit({ payloadJson });
  const worker = await lab.worker({ slots: jobs });
  await until('every slot to be taken', () => worker.claims.length === jobs);
  await lab.close();
});

test('idle workers fill their slots from a submit that is larger than one call hands out', async () => {
  const lab = await Lab.open('lease', redis.url, NO_BEAT);
  const workers = [await lab.worker({ name: 'one', slots: SLOTS }), await lab.worker({ name: 'two', slots: SLOTS })];
  for (const worker of workers) await lab.isListed(worker);
  await lab.submitMany(2 * SLOTS);
  const claimed = (): number => workers.reduce((sum, { claims }) => sum + claims.length, 0);
  await until('every slot to be taken', () => claimed() === 2 * SLOTS);
  expect(new Set(workers.flatMap(({ claims }) => claims.map(({ id }) => id))).size).toBe(2 * SLOTS);
  await lab.close();
});

test.each([
  ['large ones alone', [LARGE, LARGE, LARGE, LARGE], [1, 1, 1, 1]],
  ['a small one in front of large ones', ['{}', LARGE, LARGE, LARGE], [2, 1, 1]],
  ['small ones behind a large one', [LARGE, '{}', '{}', LARGE], [3, 1]],
])('one call hands out no job that would take it past 256 KiB: %s', async (_what, payloads, expected) => {
  const lab = await Lab.open('lease', redis.url, NO_BEAT);
  for (const payloadJson of payloads) await lab.submit({ payloadJson });
  const calls: number[] = [];
  const onClaims = (claims: readonly Claim[]) => void calls.push(claims.length);
  const consumer = lab.engine.consumer({
    options: {
      ...{ name: 'one', incarnation: randomUUID(), host: 'lab', pid: process.pid, version: '0.0.0' },
      ...{ queue: lab.queue, slots: 4, types: [{ type: 'work', delivery: 'at-least-once' }] },
    },
    events: { onClaims, onCancel: () => {}, onLost: () => {}, onFatal: () => {} },
    vitals: () => VITALS,
  });
  await consumer.start();
  await until('every slot to be taken', () => calls.length === expected.length);
  expect(calls).toEqual(expected);
  await consumer.stop();
  await lab.close();
});

test('large jobs that were left in the hold of an idle worker are read from it, however many calls that takes', async () => {
  const lab = await Lab.open('lease', redis.url, NO_BEAT);
  const worker = await lab.worker({ slots: 8 });
  await lab.isListed(worker);
  const jobs = await lab.submitMany(8, { payloadJson: LARGE });
  await until('every slot to be taken', () => worker.claims.length === 8);
  expect(new Set(worker.claims.map(({ id }) => id))).toEqual(new Set(jobs.map(({ id }) => id)));
  await lab.close();
});
