import type { FastifyInstance } from 'fastify';
import type { ActAnswer } from 'prodwork/engine/inspector';
import { ProdworkError } from 'prodwork/errors';
import { Type } from 'typebox';
import type { Services } from '../services.ts';
import { within } from '../submit/within.ts';
import { type JobRequest, noSuchJob } from './api-jobs.ts';
import { ById, InQueue, problems } from './schemas.ts';

const ANSWERS = Type.Object({
  id: Type.String(),
  answer: Type.Unsafe<string>({ type: 'string', enum: ['cancelled', 'requested', 'reopened', 'removed', 'unchanged'] }),
});

/** Acts of people on one job. */
export function apiActRoutes(app: FastifyInstance, services: Services): void {
  const { config, inspector, engine } = services;
  const tags = ['jobs'];
  const shared = { tags, params: ById, querystring: InQueue };

  const act = async (
    request: { params: { id: string }; query: { queue?: string } },
    verb: 'cancel' | 'retry' | 'remove',
  ): Promise<{ id: string; answer: ActAnswer }> => {
    const { id } = request.params;
    const isPossible = { cancel: engine.promises.cancel, retry: engine.promises.operatorRetry, remove: true }[verb];
    if (!isPossible)
      throw new ProdworkError('UNSUPPORTED', `The engine ${engine.name} cannot ${verb} a job.`, { jobId: id });
    const answer = await within(inspector[verb](id, request.query.queue ?? config.queue), 'QUEUE_UNAVAILABLE');
    if (answer === 'not-found') throw noSuchJob(id);
    if (answer === 'refused') {
      const rule = {
        cancel: 'only a job that has not ended can be cancelled',
        retry: 'only a dead, cancelled or abandoned job can be tried again',
        remove: 'an active job cannot be deleted; cancel it first',
      }[verb];
      throw new ProdworkError('NOT_ALLOWED_IN_STATE', `${rule.charAt(0).toUpperCase()}${rule.slice(1)}.`, {
        rule,
        jobId: id,
      });
    }
    return { id, answer };
  };
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
