import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { bullPrefix } from 'prodwork/engines/bullmq/layout';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Lab } from '../../conformance/lab.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

type Board = Parameters<typeof createBullBoard>[0];
type ServerAdapter = Board['serverAdapter'];
type Queues = Parameters<ServerAdapter['setQueues']>[0];
type Route = Parameters<ServerAdapter['setApiRoutes']>[0][number];

/** Where a web framework would stand: keeps what Bull Board would serve. */
class Bench implements ServerAdapter {
  #queues: Queues = new Map();
  #routes: readonly Route[] = [];

  setQueues(queues: Queues): this {
    this.#queues = queues;
    return this;
  }

  setApiRoutes(routes: Route[]): this {
    this.#routes = routes;
    return this;
  }

  setViewsPath = (): this => this;
  setStaticPath = (): this => this;
  setEntryRoute = (): this => this;
  setErrorHandler = (): this => this;
  setUIConfig = (): this => this;

  async ask(method: 'get' | 'put', path: string, params: Record<string, string>, query: object): Promise<unknown> {
    const route = this.#routes.find((one) => one.route === path && [one.method].flat().includes(method));
    if (route === undefined) throw new Error(`Bull Board has no ${method} ${path}`);
    const answer = await route.handler({ queues: this.#queues, params, query, body: {}, headers: {}, uiConfig: {} });
    return answer.body;
  }
}

test('Bull Board lists our queue with its jobs, and its retry of a dead one is run by our worker', async () => {
  const lab = await Lab.open('bullmq', server.url);
  const waiting = await lab.submit({ payloadJson: '{"order":1}' });
  const worker = await lab.worker();
  const error = { code: 'HANDLER_FAILED', message: 'no such account' };
  await worker.settle(await worker.next(), { kind: 'bury', error });
  await lab.submit({ runAt: Date.now() + 60_000 });

  const connection = new Redis(server.url, { maxRetriesPerRequest: null });
  const queue = new Queue(lab.queue, { connection, prefix: bullPrefix(lab.prefix) });
  const bench = new Bench();
  createBullBoard({ queues: [new BullMQAdapter(queue)], serverAdapter: bench });

  const query = { activeQueue: lab.queue, status: 'failed', page: '1', jobsPerPage: '10' };
  expect(await bench.ask('get', '/api/queues', {}, query)).toMatchObject({
    queues: [
      {
        name: lab.queue,
        counts: { failed: 1, delayed: 1 },
        jobs: [{ id: waiting.id, name: 'work', data: { order: 1 }, failedReason: 'no such account' }],
      },
    ],
  });
  const job = { queueName: lab.queue, jobId: waiting.id };
  await bench.ask('put', '/api/queues/:queueName/:jobId/retry', job, {});
  expect((await worker.complete(1))[0]?.id).toBe(waiting.id);
  expect((await lab.job(waiting.id)).state).toBe('completed');
  await queue.close();
  connection.disconnect();
  await lab.close();
});
