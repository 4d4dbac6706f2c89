import type { FastifyInstance } from 'fastify';
import { ProdworkError } from 'prodwork/errors';
import { Type } from 'typebox';
import { createHub } from '../live/hub.ts';
import { openStream } from '../live/stream.ts';
import { authorize } from '../plugins/auth.ts';
import type { Services } from '../services.ts';
import { parseBatch } from '../submit/form-batch.ts';
import { isUnguessable } from './receipt.ts';
import { problems } from './schemas.ts';

/** Jobs, and batches, that one stream may follow. */
const FOLLOWED = { jobs: 50, batches: 5 };

const Query = Type.Object(
  {
    jobs: Type.Optional(
      Type.String({ maxLength: 6_000, description: `Ids to follow, at most ${FOLLOWED.jobs}, separated by commas.` }),
    ),
    batches: Type.Optional(Type.String({ maxLength: 400 })),
    html: Type.Optional(Type.Literal('1')),
  },
  { additionalProperties: false },
);

/** `GET /events`: the queue once a second, and the followed jobs whenever they change. */
export function eventRoutes(app: FastifyInstance, services: Services): void {
  const { config, log, metrics, tokens, formSubmits } = services;
  const hub = createHub({
    ...services,
    queue: config.queue,
    max: config.streamsMax,
    idsOfBatch: (name) => {
      const batch = parseBatch(name);
      return batch && formSubmits.idsOf(batch);
    },
    onCount: (count) => metrics.streams.set(count),
  });
  app.addHook('preClose', async () => hub.close());

  app.get<{ Querystring: { jobs?: string; batches?: string; html?: string } }>(
    '/events',
    {
      exposeHeadRoute: false,
      schema: {
        tags: ['queues'],
        operationId: 'follow',
        summary: 'Live stream (server-sent events)',
        description:
          'Events `gauge` (the queue and its workers, once a second), `job` (a followed job changed) and `batch`. Each is the present state, so `Last-Event-ID` needs no backlog. A comment every 15 s.',
        querystring: Query,
        response: { 200: Type.String({ description: 'text/event-stream' }), ...problems(400, 401, 429, 503) },
      },
    },
    (request, reply) => {
      const list = (text: string | undefined): string[] => [
        ...new Set((text ?? '').split(',').filter((part) => part !== '')),
      ];
      const jobs = list(request.query.jobs);
      const batches = list(request.query.batches);
      if (jobs.length > FOLLOWED.jobs || batches.length > FOLLOWED.batches) {
        const rule = `at most ${FOLLOWED.jobs} jobs and ${FOLLOWED.batches} batches`;
        throw new ProdworkError('INVALID_FIELD', `Too much to follow: ${rule}.`, { field: 'jobs', rule });
      }
      if (tokens !== undefined && !jobs.every(isUnguessable)) authorize(request, tokens, 'read');
      if (hub.isFull()) {
        throw new ProdworkError(
          'TOO_MANY_STREAMS',
          'Too many pages are listening just now; the page still works without.',
          {
            retryAfterSeconds: 10,
          },
        );
      }
      reply.hijack();
      const { raw } = reply;
      for (const [name, value] of Object.entries(reply.getHeaders()))
        if (value !== undefined) raw.setHeader(name, value);
      raw.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store, no-transform',
        // The connection ends with the stream: kept alive after it, it would hold up a stop for its idle time.
        connection: 'close',
        // nginx would collect the events otherwise.
        'x-accel-buffering': 'no',
      });
      raw.write('retry: 2000\n\n');
      const stream = openStream(raw, { jobs, batches, wantsHtml: request.query.html === '1' });
      raw.on('close', () => hub.remove(stream));
      raw.on('error', (err) => log.debug({ err }, 'stream ended'));
      const lastEventId = request.headers['last-event-id'];
      hub.add(stream, typeof lastEventId === 'string' ? lastEventId : undefined);
    },
  );
}
