import { examine } from 'prodwork/engines/lease/doctor';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Lab } from '../../conformance/lab.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

test('the doctor finds what is out of place, puts it right when asked, and then finds nothing', async () => {
  const lab = await Lab.open('lease', redis.url);
  const worker = await lab.worker();
  await lab.submitMany(3);
  await worker.complete(3);
  await worker.stop();
  const { id } = await lab.submit();
  const own = `${lab.prefix}:{${lab.queue}:0}:`;
  const client = redis.client();
  const look = async (mend: boolean): Promise<readonly string[]> => {
    const findings = await examine({ redisUrl: redis.url, prefix: lab.prefix, mend });
    const ours = `queue ${lab.queue}: `;
    return findings.flatMap(({ what }) => (what.startsWith(ours) ? [what.slice(ours.length)] : []));
  };
  const healthy = ['everything is in its place'];
  expect(await look(false)).toEqual(healthy);

  await client.del(`${own}lane:1work`);
  await client.hset(`${own}st`, 'gone', 'c1 1 anna');
  await client.rpush(`${own}completed`, 'gone-too');
  await client.zadd(`${own}dead`, 1, 'gone-as-well');
  await client.hset(`${own}hold:nobody`, '#', 'x');
  const told = [
    '1 jobs in no state',
    '1 trails of jobs that are gone',
    '2 entries of jobs that are gone',
    '1 holds of workers that are gone',
  ];
  expect(await look(false)).toEqual(told.map((what) => `${what}; --mend puts them right`));
  expect(await look(true)).toEqual(told.map((what) => `${what}, mended`));
  expect(await look(false)).toEqual(healthy);

  const heir = await lab.worker();
  expect((await heir.complete(1))[0]?.id).toBe(id);
  await lab.close();
});
