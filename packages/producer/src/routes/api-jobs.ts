import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { JobState } from 'prodwork/job/job';
import { NAME_PATTERN } from 'prodwork/job/names';
import { Type } from 'typebox';
import { noSuchJob } from '../operate/acts.ts';
import type { Services } from '../services.ts';
import { readNewJob } from '../submit/intake.ts';
import { IDEMPOTENCY_WINDOW_SECONDS } from '../submit/submit-service.ts';
import { within } from '../submit/within.ts';
import { ById, InQueue, problems, State } from './schemas.ts';

/** Wider than any payload that is allowed, so that the payload's own rule is the answer. */
const JOB_BYTES = 2 * 1024 * 1024;

const ListQuery = Type.Object(
  {
    queue: Type.Optional(Type.String({ pattern: NAME_PATTERN })),
    state: Type.Optional(State),
    type: Type.Optional(Type.String({ pattern: NAME_PATTERN })),
    q: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 200,
        description: 'Text in id or payload; a bounded scan, `scanned` says how far it looked.',
      }),
    ),
    cursor: Type.Optional(
      Type.String({ maxLength: 512, pattern: '^[\\x21-\\x7e]+$', description: 'From the page before.' }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
  },
  { additionalProperties: false },
);

interface ListRequest {
  Querystring: { queue?: string; state?: JobState; type?: string; q?: string; cursor?: string; limit?: number };
}

export interface JobRequest {
  Params: { id: string };
  Querystring: { queue?: string };
}

export const jobPath = (job: { id: string; queue: string }, defaultQueue: string): string =>
  `/api/jobs/${job.id}${job.id.includes('.') || job.queue === defaultQueue ? '' : `?queue=${job.queue}`}`;

/** Submitting and reading jobs. */
export function apiJobRoutes(app: FastifyInstance, services: Services): void {
  const { config, catalog, submits, inspector, clock } = services;
  const tags = ['jobs'];

  app.post(
    '/api/jobs',
    {
      bodyLimit: JOB_BYTES,
      config: { role: 'submit' },
      schema: {
        tags,
        operationId: 'submitJob',
        summary: 'Submit a job',
        description:
          'An `id`, or the header `Idempotency-Key`, makes it safe to send again: the same body is answered 200 with the job that exists, another body 422. Both are remembered for 24 hours after the job has ended.',
        headers: Type.Object({ 'idempotency-key': Type.Optional(Type.String({ minLength: 1, maxLength: 255 })) }),
        body: Type.Ref('NewJob'),
        response: {
          202: { ...Type.Ref('Job'), description: 'Stored.' },
          200: { ...Type.Ref('Job'), description: 'It existed: the same id or key, and the same body.' },
          ...problems(400, 401, 403, 413, 415, 422, 429, 503),
        },
      },
    },
    async (request, reply) => {
      const key = idempotencyKey(request);
      const job = readNewJob(request.body, {
        catalog,
        queue: config.queue,
        now: clock.now(),
        ...(key !== undefined && { idempotencyKey: key }),
      });
      const accepted = await submits.submit(job);
      reply
        .code(accepted.outcome === 'stored' ? 202 : 200)
        .header('location', jobPath(accepted.job, config.queue))
        .header('idempotency-window', String(IDEMPOTENCY_WINDOW_SECONDS))
        .header('cache-control', 'no-store');
      return accepted.job;
    },
  );

  app.get<JobRequest>(
    '/api/jobs/:id',
    {
      config: { role: 'read' },
      schema: {
        tags,
        operationId: 'getJob',
        summary: 'Read a job',
        params: ById,
        querystring: InQueue,
        response: { 200: Type.Ref('Job'), ...problems(400, 401, 403, 404, 429, 503) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const job = await within(inspector.job(id, request.query.queue ?? config.queue), 'QUEUE_UNAVAILABLE');
      if (job === undefined) throw noSuchJob(id);
      return reply.header('cache-control', 'no-store').send(job);
    },
  );

  app.get<ListRequest>(
    '/api/jobs',
    {
      config: { role: 'read' },
      schema: {
        tags,
        operationId: 'listJobs',
        summary: 'List jobs, page by page',
        querystring: ListQuery,
        response: {
          200: Type.Object({
            jobs: Type.Array(Type.Ref('Job')),
            cursor: Type.Optional(Type.String()),
            scanned: Type.Integer(),
          }),
          ...problems(400, 401, 403, 429, 503),
        },
      },
    },
    async (request, reply) => {
      const { queue = config.queue, limit = 50, ...filter } = request.query;
      const page = await within(inspector.list({ queue, limit, ...filter }), 'QUEUE_UNAVAILABLE');
      return reply.header('cache-control', 'no-store').send(page);
    },
  );
}

/** Sent twice, Node joins the two with a comma: that is a key like any other, and the same one each time. */
function idempotencyKey(request: FastifyRequest): string | undefined {
  const key = request.headers['idempotency-key'];
  return typeof key === 'string' ? key : key?.[0];
}
