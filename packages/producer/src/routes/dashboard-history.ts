import type { FastifyInstance, FastifyRequest } from 'fastify';
import { FINAL_STATES } from 'prodwork/job/job';
import { NAME_PATTERN } from 'prodwork/job/names';
import { Type } from 'typebox';
import type { Services } from '../services.ts';
import { within } from '../submit/within.ts';
import type { Operated } from '../views/dashboard/frame.ts';
import { type HistoryAsked, historyPage } from '../views/dashboard/history.ts';
import { sendPage } from './send-page.ts';

/** Jobs of one page. */
const LIMIT = 50;
const DAY_MS = 86_400_000;

/** A form sends what was left open as an empty text. */
const Name = Type.Optional(Type.String({ pattern: `^$|${NAME_PATTERN}` }));
const Day = Type.Optional(Type.String({ pattern: '^$|^[0-9]{4}-[0-9]{2}-[0-9]{2}$' }));
const Filter = Type.Object({
  queue: Name,
  state: Type.Optional(Type.Unsafe<string>({ type: 'string', enum: ['', ...FINAL_STATES] })),
  type: Name,
  tag: Type.Optional(Type.String({ maxLength: 64 })),
  from: Day,
  to: Day,
  q: Type.Optional(Type.String({ maxLength: 200 })),
  cursor: Type.Optional(Type.String({ maxLength: 512, pattern: '^[A-Za-z0-9_-]*$' })),
});

interface HistoryRequest {
  Querystring: Partial<HistoryAsked>;
}

/** What ended, also what Redis has let go of: only where there is a history. */
export function dashboardHistoryRoutes(
  scope: FastifyInstance,
  { config, inspector, history, jobTypes, clock }: Services,
  operated: (request: FastifyRequest, said?: string) => Operated,
): void {
  if (history === undefined) return;
  const types = jobTypes.map(({ type }) => type);

  scope.get<HistoryRequest>(
    '/dashboard/history',
    { config: { needsSession: true }, schema: { hide: true, querystring: Filter } },
    async (request, reply) => {
      const { queue, state = '', type = '', tag = '', from = '', to = '', q = '', cursor = '' } = request.query;
      const asked = { queue: queue || config.queue, state, type, tag: tag.trim(), from, to, q: q.trim(), cursor };
      const page = await history.search({ queue: asked.queue, limit: LIMIT, ...filterOf(asked) });
      const names = (await within(inspector.queues(), 'QUEUE_UNAVAILABLE')).map(({ name }) => name);
      const queues = [...new Set([config.queue, ...names, asked.queue])];
      return sendPage(reply, historyPage({ ...operated(request), asked, page, queues, types, now: clock.now() }));
    },
  );
}

/** Only what was asked for. A day that no calendar has is not asked for. */
function filterOf({ state, type, tag, from, to, q, cursor }: HistoryAsked) {
  const known = FINAL_STATES.find((candidate) => candidate === state);
  const [first, last] = [Date.parse(from), Date.parse(to)];
  return {
    ...(known && { state: known }),
    ...(type !== '' && { type }),
    ...(tag !== '' && { tag }),
    ...(first >= 0 && { from: first }),
    ...(last >= 0 && { to: last + DAY_MS }),
    ...(q !== '' && { q }),
    ...(cursor !== '' && { cursor }),
  };
}
