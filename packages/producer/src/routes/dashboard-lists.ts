import type { FastifyInstance, FastifyRequest } from 'fastify';
import { JOB_STATES } from 'prodwork/job/job';
import { NAME_PATTERN } from 'prodwork/job/names';
import { Type } from 'typebox';
import type { Services } from '../services.ts';
import { within } from '../submit/within.ts';
import type { Operated } from '../views/dashboard/frame.ts';
import { type Asked, jobsPage } from '../views/dashboard/jobs.ts';
import { sendPage } from './send-page.ts';

/** Jobs of one page. */
const LIMIT = 50;

/** What a filter form sends: an empty text stands for "any". */
const orEmpty = (text: string): string => `^$|${text}`;
const Filter = Type.Object({
  queue: Type.Optional(Type.String({ pattern: orEmpty(NAME_PATTERN) })),
  state: Type.Optional(Type.Unsafe<string>({ type: 'string', enum: ['', ...JOB_STATES] })),
  type: Type.Optional(Type.String({ pattern: orEmpty(NAME_PATTERN) })),
  q: Type.Optional(Type.String({ maxLength: 200 })),
  cursor: Type.Optional(Type.String({ maxLength: 512, pattern: orEmpty('^[\\x21-\\x7e]+$') })),
  said: Type.Optional(Type.String()),
});

interface ListRequest {
  Querystring: Partial<Asked> & { said?: string };
}

/** What is in the queue, as the dashboard lists it. */
export function dashboardListRoutes(
  scope: FastifyInstance,
  { config, inspector, jobTypes, clock }: Services,
  operated: (request: FastifyRequest, said?: string) => Operated,
): void {
  const types = jobTypes.map(({ type }) => type);
  const askedOf = ({ queue, state = '', type = '', q = '', cursor = '' }: Partial<Asked>): Asked => ({
    queue: queue || config.queue,
    state,
    type,
    q: q.trim(),
    cursor,
  });
  /** Only what was asked for: an empty text is no filter. */
  const given = <T extends object>(asked: T): Partial<T> =>
    Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== '')) as Partial<T>;
  const queueNames = async (asked: Asked): Promise<readonly string[]> => {
    const names = (await within(inspector.queues(), 'QUEUE_UNAVAILABLE')).map(({ name }) => name);
    return [...new Set([config.queue, ...names, asked.queue])];
  };

  scope.get<ListRequest>(
    '/dashboard/jobs',
    { config: { needsSession: true }, schema: { hide: true, querystring: Filter } },
    async (request, reply) => {
      const asked = askedOf(request.query);
      const { state, type, q, cursor } = given(asked);
      const known = JOB_STATES.find((candidate) => candidate === state);
      const page = await within(
        inspector.list({
          queue: asked.queue,
          limit: LIMIT,
          ...(known && { state: known }),
          ...(type && { type }),
          ...(q && { q }),
          ...(cursor && { cursor }),
        }),
        'QUEUE_UNAVAILABLE',
      );
      const queues = await queueNames(asked);
      return sendPage(
        reply,
        jobsPage({ ...operated(request, request.query.said), asked, page, queues, types, now: clock.now() }),
      );
    },
  );
}
