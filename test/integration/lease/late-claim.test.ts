import { afterAll, beforeAll, expect, test } from 'vitest';
import { Lab } from '../../conformance/lab.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';

let redis: RedisServer;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

test('a worker that wakes after its lease does not start the job that was handed to it while it slept', async () => {
  const lab = await Lab.open('lease', redis.url);
  const sleeper = await lab.doomedWorker({ name: 'sleeper' });
  await lab.isListed(sleeper);
  // It has asked for work before, and waits for more: the next job goes to it alone.
  await lab.submit();
  await sleeper.complete(1);
  await sleeper.freeze();
  const { id } = await lab.submit();
  const other = await lab.worker({ name: 'other' });
  const [done] = await other.complete(1);
  expect(done).toMatchObject({ id, delivery: 2 });
  await lab.quiet(other);

  await sleeper.thaw();

  const next = await lab.submit();
  await sleeper.complete(1);
  await lab.inState(next.id, 'completed');
  expect(sleeper.claims.map((claim) => claim.id)).not.toContain(id);
  await lab.close();
});
