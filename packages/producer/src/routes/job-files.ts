import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ProdworkError } from 'prodwork/errors';
import type { StoredFile } from 'prodwork/files/file-store';
import { SAFE_PICTURES } from 'prodwork/files/file-type';
import { parseFileRef } from 'prodwork/job/file-ref';
import type { Job } from 'prodwork/job/job';
import { Type } from 'typebox';
import { noSuchJob } from '../operate/acts.ts';
import type { Services } from '../services.ts';
import { within } from '../submit/within.ts';
import { refuseGuessed } from './receipt.ts';
import { ById, InQueue } from './schemas.ts';

interface FileRequest {
  Params: { id: string; name: string };
  Querystring: { queue?: string };
}

/** A document of its own, that may run nothing and reach nothing. The chart's own style is all that it has. */
const SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/** `/jobs/:id/files/:name`: files of a job's result, and those that its payload refers to. */
export function jobFileRoutes(app: FastifyInstance, services: Services): void {
  const { config, inspector, files, tokens } = services;
  const params = Type.Object({ ...ById.properties, name: Type.String({ maxLength: 100 }) });

  const send = async ({ params: { id, name }, query, headers }: FastifyRequest<FileRequest>, reply: FastifyReply) => {
    const job = await within(inspector.job(id, query.queue ?? config.queue), 'QUEUE_UNAVAILABLE');
    if (job === undefined) throw noSuchJob(id);
    const ref = refsOf(job).find((one) => parseFileRef(one)?.name === name);
    const file = ref === undefined ? undefined : await within(files.find(ref), 'QUEUE_UNAVAILABLE');
    if (file === undefined)
      throw new ProdworkError('FILE_NOT_FOUND', 'This job has no such file, or it is no longer kept.');
    const etag = `"${file.sha256}"`;
    reply.headers({
      'content-security-policy': SANDBOX,
      'cache-control': 'private, no-cache',
      'content-disposition': disposition(file),
      etag,
    });
    if (headers['if-none-match'] === etag) return reply.code(304).send();
    reply.type(/^text\//.test(file.type) ? `${file.type}; charset=utf-8` : file.type);
    reply.header('content-length', file.bytes);
    return reply.send(Readable.from(files.read(file.ref), { objectMode: false }));
  };

  const schema = { hide: true, params, querystring: InQueue };
  app.get<FileRequest>('/jobs/:id/files/:name', { schema }, async (request, reply) => {
    refuseGuessed(request, tokens, request.params.id);
    return send(request, reply);
  });
  // The same for operators, whose session holds under /dashboard alone.
  app.get<FileRequest>('/dashboard/jobs/:id/files/:name', { schema, config: { needsSession: true } }, send);
}

/** Results first: where both have a file of one name, the result's is meant. */
function refsOf({ result, payload }: Job): readonly string[] {
  return [result, payload].flatMap((data) =>
    typeof data === 'object' && data !== null
      ? Object.values(data).filter((value) => parseFileRef(value) !== undefined)
      : [],
  );
}

/** Only pictures without script are opened in place; an SVG, a page or a table is saved. */
function disposition({ type, name }: StoredFile): string {
  const kind = SAFE_PICTURES.has(type) ? 'inline' : 'attachment';
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const exact = encodeURIComponent(name).replace(/['()*]/g, (one) => `%${one.charCodeAt(0).toString(16)}`);
  return `${kind}; filename="${plain}"; filename*=UTF-8''${exact}`;
}
