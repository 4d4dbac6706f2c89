import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { Services } from '../services.ts';
import { within } from '../submit/within.ts';
import { InQueue, problems, QueueName } from './schemas.ts';

/** Queues, workers and counts. */
export function apiQueueRoutes(app: FastifyInstance, services: Services): void {
  const { config, inspector, engine, snapshots, acts } = services;
  const tags = ['queues'];
  const usual = problems(400, 401, 403, 429, 503);

  app.get(
    '/api/queues',
    {
      config: { role: 'read' },
      schema: {
        tags,
        operationId: 'listQueues',
        summary: 'Every queue: counts, oldest waiting age, totals',
        response: { 200: Type.Object({ queues: Type.Array(Type.Ref('Queue')) }), ...usual },
      },
    },
    async (_request, reply) => {
      const queues = await within(inspector.queues(), 'QUEUE_UNAVAILABLE');
      return reply.header('cache-control', 'no-store').send({ queues });
    },
  );

  app.get<{ Querystring: { queue?: string } }>(
    '/api/workers',
    {
      config: { role: 'read' },
      schema: {
        tags,
        operationId: 'listWorkers',
        summary: 'Every worker of a queue: heartbeat, slots, what it is doing',
        querystring: InQueue,
        response: { 200: Type.Object({ workers: Type.Array(Type.Ref('Worker')) }), ...usual },
      },
    },
    async (request, reply) => {
      const workers = await within(inspector.workers(request.query.queue ?? config.queue), 'QUEUE_UNAVAILABLE');
      return reply.header('cache-control', 'no-store').send({ workers });
    },
  );

  app.get(
    '/api/stats',
    {
      config: { role: 'read' },
      schema: {
        tags,
        operationId: 'stats',
        summary: "The served queue's counts and rates in one answer",
        description:
          '`rates` are jobs a second over at most the last 10 s in which somebody looked; absent until there are two looks.',
        response: {
          200: Type.Object({
            at: Type.Integer(),
            engine: Type.String(),
            queue: Type.Ref('Queue'),
            rates: Type.Optional(
              Type.Object({ submitted: Type.Number(), completed: Type.Number(), failedAttempts: Type.Number() }),
            ),
            workers: Type.Object({ total: Type.Integer(), slots: Type.Integer(), busy: Type.Integer() }),
          }),
          ...usual,
        },
      },
    },
    async (_request, reply) => {
      const { at, queue, rates, workers } = await snapshots.read();
      const sum = (pick: (worker: (typeof workers)[number]) => number): number =>
        workers.reduce((total, worker) => total + pick(worker), 0);
      reply.header('cache-control', 'no-store');
      return {
        at,
        engine: engine.name,
        queue,
        rates,
        workers: {
          total: workers.length,
          slots: sum((worker) => worker.slots),
          busy: sum((worker) => worker.jobs.length),
        },
      };
    },
  );

  for (const verb of ['pause', 'resume'] as const) {
    app.post<{ Params: { name: string } }>(
      `/api/queues/:name/${verb}`,
      {
        config: { role: 'operate' },
        schema: {
          tags,
          operationId: `${verb}Queue`,
          summary: verb === 'pause' ? 'Hold a queue: what is in hand goes on, nothing new starts' : 'Let a queue go on',
          params: Type.Object({ name: QueueName }),
          response: { 200: Type.Ref('Queue'), ...usual, ...problems(501) },
        },
      },
      async (request) => {
        const { name } = request.params;
        await acts.hold(name, verb);
        return within(inspector.queue(name), 'QUEUE_UNAVAILABLE');
      },
    );
  }
}
