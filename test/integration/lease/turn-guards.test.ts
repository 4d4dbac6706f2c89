import { randomUUID } from 'node:crypto';
import { scripts } from 'prodwork/engines/lease/scripts';
import { DataSets, Shard } from 'prodwork/engines/lease/shard';
import { createConnection } from 'prodwork/redis/connections';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Lab } from '../../conformance/lab.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

const BODY = '\n=null';

/** A worker of which only the script calls are there: so it can say what no consumer says. */
async function bareWorker(lab: Lab) {
  const connection = createConnection(redis.url, { name: 'bare', silenceMs: 2_000 });
  await connection.connect();
  const shard = new Shard(connection, new DataSets(), lab.prefix, lab.queue, 0);
  const epoch = await shard.open();
  const incarnation = randomUUID();
  await shard.ask(scripts.register, [incarnation, epoch, 30_000, 'bare', 'types', ',work,', 'slots', 10, 'layout', 3]);
  let number = 0;
  const turn = (slots: number, items: number, runs: number, fields: readonly (string | number)[]) =>
    shard.ask(scripts.turn, [
      incarnation,
      epoch,
      30_000,
      20,
      1_000,
      slots,
      'a',
      ++number,
      '',
      0,
      0,
      items,
      runs,
      0,
      ...fields,
    ]);
  return { turn, close: () => connection.disconnect() };
}

test('what a worker says of its jobs is looked at one by one: named twice, under another fence or never held, it is refused', async () => {
  const lab = await Lab.open('lease', redis.url);
  await lab.submitMany(4);
  const worker = await bareWorker(lab);
  const [, , , claimed] = await worker.turn(10, 0, 0, []);
  const [fence = '', ids = []] = Array.isArray(claimed) ? claimed : [];
  const [one, two, three] = ids;
  expect(ids).toHaveLength(4);

  const twice = await worker.turn(0, 3, 1, [fence, 3, one, two, one, BODY, BODY, BODY]);
  expect(twice).toEqual(['ok', 1, '3']);
  const late = Number(fence) + 1;
  const strange = await worker.turn(0, 3, 2, [late, 1, three, BODY, fence, 2, 'nobodys', three, BODY, BODY]);
  expect(strange).toEqual(['ok', 1, '1,2']);
  const counts = await lab.counts();
  expect(counts).toMatchObject({ completed: 3, active: 1, waiting: 0 });
  expect((await lab.inspector.queue(lab.queue)).totals.completed).toBe(3);
  worker.close();
  await lab.close();
});
