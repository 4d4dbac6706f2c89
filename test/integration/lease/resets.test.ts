import { afterAll, beforeAll, expect, test } from 'vitest';
import { Lab } from '../../conformance/lab.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';

/** Nothing but the lost connection can give it away. */
const NO_LEASE = { leaseMs: 600_000, heartbeatMs: 300 };
/** More often than a connection would have to last to be trusted. */
const EVERY_MS = 1_000;

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

test('a worker that dies while all connections are reset again and again is noticed all the same', async () => {
  const lab = await Lab.open('lease', redis.url, NO_LEASE);
  const doomed = await lab.doomedWorker({ name: 'doomed' });
  const { id } = await lab.submit();
  expect((await doomed.next()).id).toBe(id);
  const heir = await lab.worker({ name: 'heir' });
  await lab.isListed(heir);
  const killer = redis.client();
  const resets = setInterval(() => {
    killer.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes').catch(() => {});
  }, EVERY_MS);
  try {
    await doomed.kill();
    expect(await heir.next()).toMatchObject({ id, delivery: 2 });
  } finally {
    clearInterval(resets);
  }
  await lab.isListed(heir);
  await lab.close();
});
