import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ProdworkError } from 'prodwork/errors';
import { draftOf } from '../notes/note.ts';
import type { NoteStore } from '../notes/store.ts';
import { readPaging } from './paging.ts';
import { refuseCrossSite } from './same-site.ts';

const KEY = /^[\x21-\x7e]{1,250}$/;

/** For programs: `POST /api/notes` with JSON (or a form), `GET /api/notes`; `/notes` is the same. */
export function noteRoutes(app: FastifyInstance, store: NoteStore): void {
  const list = async (request: FastifyRequest, reply: FastifyReply) =>
    reply.header('cache-control', 'no-store').send(await store.page(readPaging(request.query)));

  const add = async (request: FastifyRequest, reply: FastifyReply) => {
    refuseCrossSite(request);
    const added = await store.add(draftOf(request.body), keyOf(request));
    if (added.outcome === 'conflict') throw new ProdworkError('IDEMPOTENCY_CONFLICT');
    return reply.code(added.outcome === 'added' ? 201 : 200).send(added.note);
  };

  for (const path of ['/api/notes', '/notes']) {
    app.get(path, list);
    app.post(path, add);
  }
}

/** The caller's key, or one of our own: then a retry inside this request is still harmless. */
function keyOf(request: FastifyRequest): string {
  const given = request.headers['idempotency-key'];
  if (given === undefined) return randomUUID();
  if (typeof given === 'string' && KEY.test(given)) return `api:${given}`;
  const rule = '1 to 250 visible ASCII characters';
  throw new ProdworkError('INVALID_FIELD', `Idempotency-Key: ${rule}.`, { field: 'Idempotency-Key', rule });
}
