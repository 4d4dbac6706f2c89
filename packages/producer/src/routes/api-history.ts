import type { FastifyInstance } from 'fastify';
import type { HistoryFilter } from 'prodwork/engine/history';
import { ProdworkError } from 'prodwork/errors';
import { FINAL_STATES } from 'prodwork/job/job';
import { NAME_PATTERN } from 'prodwork/job/names';
import { Type } from 'typebox';
import type { Services } from '../services.ts';
import { JobId, problems } from './schemas.ts';

const Time = (description: string) => Type.Optional(Type.Integer({ minimum: 0, maximum: 8.64e15, description }));

const Query = Type.Object(
  {
    queue: Type.Optional(Type.String({ pattern: NAME_PATTERN })),
    id: Type.Optional(JobId),
    type: Type.Optional(Type.String({ pattern: NAME_PATTERN })),
    state: Type.Optional(Type.Unsafe<string>({ type: 'string', enum: [...FINAL_STATES] })),
    tag: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    q: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 200,
        description: 'Words that all occur in payload, result, error or id; "a phrase", or, -not.',
      }),
    ),
    from: Time('Finished at or after, epoch ms.'),
    to: Time('Finished before, epoch ms.'),
    cursor: Type.Optional(
      Type.String({ maxLength: 512, pattern: '^[A-Za-z0-9_-]+$', description: 'From the page before.' }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
  },
  { additionalProperties: false },
);

interface HistoryRequest {
  Querystring: Partial<HistoryFilter>;
}

/** Finished jobs that are kept in Postgres, also those that Redis has let go of. */
export function apiHistoryRoutes(app: FastifyInstance, { config, history }: Services): void {
  app.get<HistoryRequest>(
    '/api/history',
    {
      config: { role: 'read' },
      schema: {
        tags: ['history'],
        operationId: 'searchHistory',
        summary: 'Search finished jobs, latest end first',
        description: 'Every filter narrows. A job appears once per generation, a moment after its end.',
        querystring: Query,
        response: {
          200: Type.Object({ jobs: Type.Array(Type.Ref('Job')), cursor: Type.Optional(Type.String()) }),
          ...problems(400, 401, 403, 429, 501, 503),
        },
      },
    },
    async (request, reply) => {
      if (history === undefined)
        throw new ProdworkError('UNSUPPORTED', 'There is no history here: DATABASE_URL is not set.');
      const { queue = config.queue, limit = 50, ...filter } = request.query;
      return reply.header('cache-control', 'no-store').send(await history.search({ queue, limit, ...filter }));
    },
  );
}
