import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isProdworkError, type ProdworkError } from 'prodwork/errors';
import type { Job } from 'prodwork/job/job';
import { Type } from 'typebox';
import { noSuchJob, type Verb } from '../operate/acts.ts';
import { asProdworkError, sendProblem, wantsPage } from '../plugins/problems.ts';
import type { Services } from '../services.ts';
import { within } from '../submit/within.ts';
import type { Operated } from '../views/dashboard/frame.ts';
import { jobPage } from '../views/dashboard/job.ts';
import { jobAddress } from '../views/dashboard/jobs.ts';
import { overviewPage } from '../views/dashboard/overview.ts';
import { signInPage } from '../views/sign-in.ts';
import type { JobRequest } from './api-jobs.ts';
import { dashboardHistoryRoutes } from './dashboard-history.ts';
import { dashboardListRoutes } from './dashboard-lists.ts';
import { isUnguessable } from './receipt.ts';
import { ById, InQueue, QueueName } from './schemas.ts';
import { sendPage } from './send-page.ts';

/** What an act did, in words for its page. The address names the word, never the text. */
const SAID: { readonly [word: string]: string } = {
  cancelled: 'Cancelled.',
  requested: 'It is running: its handler was told to stop.',
  reopened: 'It waits again, with fresh attempts.',
  removed: 'Deleted.',
  unchanged: 'Nothing to do: it already is what was asked for.',
  paused: 'The queue is held: what is in hand goes on, nothing new starts.',
  resumed: 'The queue goes on.',
};

/** No form of the dashboard has more than a few words in it. */
const FORM_BYTES = 4 * 1024;

export type Saying = { Querystring: { said?: string } };

/** `/dashboard`: the operator's pages. Each wants a session, on whatever address this listens. */
export function dashboardRoutes(app: FastifyInstance, services: Services): void {
  const { config, inspector, engine, acts, history, snapshots, clock, tokens } = services;
  const page = { config: { needsSession: true }, schema: { hide: true } };

  const operated = (request: FastifyRequest, said?: string): Operated => ({
    operator: request.operator ?? '',
    hasHistory: history !== undefined,
    replica: config.replicaName,
    notice: said !== undefined && Object.hasOwn(SAID, said) ? { isFault: false, text: SAID[said] ?? '' } : undefined,
  });

  app.register(async (scope) => {
    scope.setErrorHandler((error: FastifyError | ProdworkError, request, reply) => {
      const ours = asProdworkError(error, request);
      if (ours.code !== 'UNAUTHENTICATED' || !wantsPage(request)) return sendProblem(request, reply, ours);
      reply.code(401).header('cache-control', 'no-store').header('www-authenticate', 'Bearer realm="prodwork"');
      return sendPage(reply, signInPage({ replica: config.replicaName }));
    });

    scope.get<Saying>('/dashboard', page, async (request, reply) => {
      const [queues, snapshot] = await Promise.all([
        within(inspector.queues(), 'QUEUE_UNAVAILABLE'),
        snapshots.read().catch(() => undefined),
      ]);
      const view = { ...operated(request, request.query.said), queues, snapshot, canPause: engine.promises.pause };
      return sendPage(reply, overviewPage(view));
    });

    dashboardListRoutes(scope, services, operated);

    dashboardHistoryRoutes(scope, services, operated);

    const showJob = async (reply: FastifyReply, job: Job, about: Operated) => {
      const why = await within(inspector.why(job.id, job.queue), 'QUEUE_UNAVAILABLE');
      const { cancel: canCancel, operatorRetry: canRetry } = engine.promises;
      // The stream tells of guessable ids only to whoever shows it a token, and browsers cannot.
      const isLive = tokens === undefined || isUnguessable(job.id);
      return sendPage(reply, jobPage({ ...about, job, why, canCancel, canRetry, isLive, now: clock.now() }));
    };
    const jobOf = async ({ params: { id }, query }: Pick<FastifyRequest<JobRequest>, 'params' | 'query'>) => {
      const job = await within(inspector.job(id, query.queue ?? config.queue), 'QUEUE_UNAVAILABLE');
      if (job === undefined) throw noSuchJob(id);
      return job;
    };
    const oneJob = { ...page, schema: { hide: true, params: ById, querystring: InQueue } };

    scope.get<{ Params: { id: string }; Querystring: { queue?: string; said?: string } }>(
      '/dashboard/jobs/:id',
      oneJob,
      async (request, reply) => showJob(reply, await jobOf(request), operated(request, request.query.said)),
    );
    for (const verb of ['cancel', 'retry', 'remove'] as const satisfies readonly Verb[]) {
      scope.post<JobRequest>(
        `/dashboard/jobs/:id/${verb}`,
        { ...oneJob, bodyLimit: FORM_BYTES },
        async (request, reply) => {
          const job = await jobOf(request);
          try {
            const { answer } = await acts.act(job.id, job.queue, verb);
            const back = verb === 'remove' ? `/dashboard/jobs?queue=${job.queue}` : jobAddress(job);
            return reply.redirect(`${back}${back.includes('?') ? '&' : '?'}said=${answer}`, 303);
          } catch (error) {
            if (!isProdworkError(error, 'NOT_ALLOWED_IN_STATE')) throw error;
            const notice = { isFault: true, text: error.message };
            return showJob(reply.code(error.status), await jobOf(request), { ...operated(request), notice });
          }
        },
      );
    }
    for (const verb of ['pause', 'resume'] as const) {
      scope.post<{ Params: { name: string } }>(
        `/dashboard/queues/:name/${verb}`,
        { ...page, schema: { hide: true, params: Type.Object({ name: QueueName }) }, bodyLimit: FORM_BYTES },
        async (request, reply) => {
          await acts.hold(request.params.name, verb);
          return reply.redirect(`/dashboard?said=${verb}d`, 303);
        },
      );
    }
  });
}
