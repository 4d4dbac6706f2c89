import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isGeneratedId } from 'prodwork/job/ids';
import type { Job } from 'prodwork/job/job';
import { noSuchJob } from '../operate/acts.ts';
import { authorize } from '../plugins/auth.ts';
import type { Tokens } from '../plugins/tokens.ts';
import type { Services } from '../services.ts';
import { isFormId, parseBatch } from '../submit/form-batch.ts';
import { within } from '../submit/within.ts';
import { batchPage } from '../views/batch.ts';
import { gauge } from '../views/gauge.ts';
import { receiptPage } from '../views/receipt.ts';
import type { JobRequest } from './api-jobs.ts';
import { ById, InQueue } from './schemas.ts';

/** Ids that nobody can guess: whoever has one was given it. */
export const isUnguessable = (id: string): boolean => isGeneratedId(id) || isFormId(id);

/** Chosen ids can be guessed: with tokens in force they are read with one. @throws as `authorize` */
export function refuseGuessed(request: FastifyRequest, tokens: Tokens | undefined, id: string): void {
  if (tokens !== undefined && !isUnguessable(id)) authorize(request, tokens, 'read');
}

/** `/jobs/:id` and `/jobs/batch/:batch`: what became of a job, or of many. */
export function receiptRoutes(app: FastifyInstance, services: Services): void {
  const { config, inspector, clock, tokens, formSubmits, snapshots } = services;

  app.get<JobRequest>(
    '/jobs/:id',
    { schema: { hide: true, params: ById, querystring: InQueue } },
    async (request, reply) => {
      const { id } = request.params;
      refuseGuessed(request, tokens, id);
      const job = await within(inspector.job(id, request.query.queue ?? config.queue), 'QUEUE_UNAVAILABLE');
      if (job === undefined) throw noSuchJob(id);
      reply.header('cache-control', 'no-store').type('text/html; charset=utf-8');
      return reply.send(receiptPage({ job, now: clock.now(), replica: config.replicaName }));
    },
  );

  app.get<{ Params: { batch: string } }>('/jobs/batch/:batch', { schema: { hide: true } }, async (request, reply) => {
    const name = request.params.batch;
    const batch = parseBatch(name);
    const ids = batch && formSubmits.idsOf(batch);
    if (ids === undefined) throw noSuchJob(name);
    const jobs = await within(inspector.jobs(ids, config.queue), 'QUEUE_UNAVAILABLE');
    if (jobs.every((job) => job === undefined)) throw noSuchJob(name);
    const first = jobs.find((job): job is Job => job !== undefined);
    const snapshot = await snapshots.read().catch(() => undefined);
    reply.header('cache-control', 'no-store').type('text/html; charset=utf-8');
    return reply.send(
      batchPage({
        name,
        ids,
        states: jobs.map((job) => job?.state),
        type: first?.type ?? 'job',
        gauge: gauge(snapshot),
        replica: config.replicaName,
      }),
    );
  });
}
