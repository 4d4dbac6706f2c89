import { once } from 'node:events';
import { createConnection, createServer, type Server } from 'node:net';
import type { Redis } from 'ioredis';
import { scripts } from 'prodwork/engines/lease/scripts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Lab } from '../../conformance/lab.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { until } from '../../support/until.ts';

let redis: RedisServer;
let client: Redis;
let line: Server;
let port: number;
/** An answer to `holds`, and what follows it on its connection, waits here until the test lets it pass. */
let isHeldBack = false;
const heldBack: (() => void)[] = [];

beforeAll(async () => {
  redis = await startRedis();
  client = redis.client();
  line = createServer({ noDelay: true }, (near) => {
    const far = createConnection({ port: redis.port, host: '127.0.0.1', noDelay: true });
    let asksForHolds = false;
    near.on('data', (chunk: Buffer) => {
      asksForHolds ||= isHeldBack && chunk.includes(scripts.holds.sha);
      far.write(chunk);
    });
    far.on('data', (chunk: Buffer) => {
      if (isHeldBack && asksForHolds) heldBack.push(() => near.write(chunk));
      else near.write(chunk);
    });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => {});
      one.on('close', () => other.destroy());
    }
  });
  line.listen(0, '127.0.0.1');
  await once(line, 'listening');
  const address = line.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  port = address.port;
});
afterAll(async () => {
  line.close();
  await redis.stop();
});

test('a job that is handed over while a worker asks what it holds is not given up for being missing in the answer', async () => {
  const lab = await Lab.open('lease', `redis://127.0.0.1:${port}`);
  const worker = await lab.worker({ slots: 2 });
  await lab.isListed(worker);
  const isIdle = async () => (await client.zcard(`${lab.prefix}:{${lab.queue}:0}:idle`)) === 1;
  await until('the worker to wait for work', isIdle);

  // What is handed over comes through a connection of its own, which blocks. When that ends, the worker compares.
  const list = String(await client.client('LIST'));
  const blocked = list.split('\n').find((one) => one.includes(' cmd=blmpop '));
  await client.script('LOAD', scripts.holds.lua);
  isHeldBack = true;
  await client.call('CLIENT', 'KILL', 'ID', /^id=(\d+)/.exec(blocked ?? '')?.[1] ?? '');
  await until('the worker to have asked', () => heldBack.length > 0);
  const { id } = await lab.submit();
  await until('the job to have come', () => worker.claims.length === 1);
  isHeldBack = false;
  for (const pass of heldBack.splice(0)) pass();

  await until('the comparison to be over', () => worker.consumer.isReady());

  await worker.complete(1);
  const done = await lab.inState(id, 'completed');
  expect(done.deliveries).toHaveLength(1);
  expect(worker.lost).toEqual([]);
  await lab.close();
}, 30_000);
