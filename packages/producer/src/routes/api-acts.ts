import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { type Act, noSuchJob, type Verb } from '../operate/acts.ts';
import type { Services } from '../services.ts';
import { within } from '../submit/within.ts';
import type { JobRequest } from './api-jobs.ts';
import { ById, InQueue, problems } from './schemas.ts';

const ANSWERS = Type.Object({
  id: Type.String(),
  answer: Type.Unsafe<string>({ type: 'string', enum: ['cancelled', 'requested', 'reopened', 'removed', 'unchanged'] }),
});

/** Acts of people on one job. */
export function apiActRoutes(app: FastifyInstance, services: Services): void {
  const { config, inspector, acts } = services;
  const tags = ['jobs'];
  const shared = { tags, params: ById, querystring: InQueue };

  const act = ({ params, query }: Pick<FastifyRequest<JobRequest>, 'params' | 'query'>, verb: Verb): Promise<Act> =>
    acts.act(params.id, query.queue ?? config.queue, verb);
  const answers = { 200: ANSWERS, ...problems(400, 401, 403, 404, 409, 429, 501, 503) };

  app.post<JobRequest>(
    '/api/jobs/:id/cancel',
    {
      config: { role: 'submit' },
      schema: {
        ...shared,
        operationId: 'cancelJob',
        summary: 'Cancel a job',
        description:
          '`cancelled`: done. `requested`: it is active, its handler was told to stop. `unchanged`: it was cancelled before.',
        response: answers,
      },
    },
    (request) => act(request, 'cancel'),
  );
  app.post<JobRequest>(
    '/api/jobs/:id/retry',
    {
      config: { role: 'operate' },
      schema: {
        ...shared,
        operationId: 'retryJob',
        summary: 'Try a dead, cancelled or abandoned job again',
        description: 'Opens its next generation, with fresh attempts.',
        response: answers,
      },
    },
    (request) => act(request, 'retry'),
  );
  app.delete<JobRequest>(
    '/api/jobs/:id',
    {
      config: { role: 'operate' },
      schema: { ...shared, operationId: 'deleteJob', summary: 'Forget a job that is not active', response: answers },
    },
    (request) => act(request, 'remove'),
  );
  app.get<JobRequest>(
    '/api/jobs/:id/why',
    {
      config: { role: 'read' },
      schema: {
        ...shared,
        operationId: 'whyJob',
        summary: 'Why a job is not running',
        response: { 200: Type.Ref('Why'), ...problems(400, 401, 403, 404, 429, 503) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const why = await within(inspector.why(id, request.query.queue ?? config.queue), 'QUEUE_UNAVAILABLE');
      if (why === undefined) throw noSuchJob(id);
      return reply.header('cache-control', 'no-store').send({ id, ...why });
    },
  );
}
