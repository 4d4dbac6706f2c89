import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { isProdworkError, ProdworkError } from 'prodwork/errors';
import type { Job } from 'prodwork/job/job';
import { LIMITS } from 'prodwork/job/limits';
import { Type } from 'typebox';
import { decodeUtf8, readJson } from '../json/read-json.ts';
import { type BulkItem, splitArray, splitLines } from '../json/split-json.ts';
import { JSON_TYPE, NDJSON_TYPE } from '../plugins/bodies.ts';
import { problemOf } from '../plugins/problems.ts';
import type { Services } from '../services.ts';
import { readNewJob } from '../submit/intake.ts';
import { problems } from './schemas.ts';

/** Bulk bodies are held whole until they are known to be within the limits; more at once would not fit in memory. */
const AT_ONCE = 2;
/** Jobs submitted together; each step's answers are sent before the next begins. */
const STEP = 250;

interface BulkResult {
  readonly line: number;
  readonly job?: Job;
  readonly error?: object;
}

/** `POST /api/jobs/bulk`: nothing is stored before the whole body is read and within its limits; then line by line. */
export function apiBulkRoutes(app: FastifyInstance, services: Services): void {
  const { config, catalog, submits, clock, log } = services;
  let underWay = 0;

  const submitItem = async (item: BulkItem): Promise<BulkResult> => {
    const { line } = item;
    try {
      const job = readNewJob(readJson(item.text), { catalog, queue: config.queue, now: clock.now() });
      const accepted = await submits.submit(job);
      return { line, job: accepted.job };
    } catch (err) {
      if (!isProdworkError(err)) log.error({ err }, 'bulk line failed');
      const error = isProdworkError(err) ? err : new ProdworkError('INTERNAL');
      return { line, error: problemOf(error) };
    }
  };

  async function* answer(items: readonly BulkItem[]): AsyncGenerator<string> {
    yield '{"results":[';
    for (let at = 0; at < items.length; at += STEP) {
      const results = await Promise.all(items.slice(at, at + STEP).map(submitItem));
      yield (at === 0 ? '' : ',') + results.map((result) => JSON.stringify(result)).join(',');
    }
    yield ']}\n';
  }

  // A scope of its own: here, and only here, JSON is not parsed before the handler.
  app.register(async (scope) => {
    const keep = async (_request: unknown, body: Buffer): Promise<Buffer> => body;
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(JSON_TYPE, { parseAs: 'buffer' }, keep);
    scope.addContentTypeParser(NDJSON_TYPE, { parseAs: 'buffer' }, keep);

    scope.post(
      '/api/jobs/bulk',
      {
        bodyLimit: LIMITS.bulkBytes,
        config: { role: 'submit' },
        schema: {
          tags: ['jobs'],
          operationId: 'submitJobs',
          summary: 'Submit many jobs',
          description: `NDJSON (one job a line) or a JSON array, up to ${LIMITS.bulkJobs} jobs and ${LIMITS.bulkBytes} bytes. Each is stored, or refused with its number, by itself; the answers stream in order. A job with an \`id\` may be sent again.`,
          consumes: ['application/json', 'application/x-ndjson'],
          body: Type.Array(Type.Ref('NewJob')),
          response: {
            200: Type.Object({
              results: Type.Array(
                Type.Object({
                  line: Type.Integer(),
                  job: Type.Optional(Type.Ref('Job')),
                  error: Type.Optional(Type.Ref('Problem')),
                }),
              ),
            }),
            ...problems(400, 401, 403, 413, 415, 429, 503),
          },
        },
        onRequest: async (_request, reply) => {
          if (underWay >= AT_ONCE) {
            throw new ProdworkError('TOO_MANY_REQUESTS', `At most ${AT_ONCE} bulk submits at once.`, {
              retryAfterSeconds: 2,
            });
          }
          underWay += 1;
          reply.raw.once('close', () => {
            underWay -= 1;
          });
        },
      },
      async (request, reply) => {
        const { body } = request;
        if (!Buffer.isBuffer(body))
          throw new ProdworkError('INVALID_BODY', 'A body is needed: NDJSON or a JSON array.');
        const text = decodeUtf8(body);
        const isLines = NDJSON_TYPE.test(request.headers['content-type'] ?? '');
        const items: BulkItem[] = [];
        for (const item of isLines ? splitLines(text) : splitArray(text)) {
          if (items.push(item) > LIMITS.bulkJobs) {
            const rule = `at most ${LIMITS.bulkJobs} jobs`;
            throw new ProdworkError('BODY_TOO_LARGE', `Too many jobs in one call: ${rule}.`, { rule });
          }
        }
        reply.header('cache-control', 'no-store').type('application/json; charset=utf-8');
        return reply.send(Readable.from(answer(items)));
      },
    );
  });
}
