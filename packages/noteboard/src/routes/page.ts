import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { isProdworkError, ProdworkError } from 'prodwork/errors';
import { draftOf, faultsOf } from '../notes/note.ts';
import type { NoteStore } from '../notes/store.ts';
import { type BoardView, boardPage } from '../views/board-page.ts';
import { ICON, STYLE } from '../views/style.ts';
import { PAGE, readPaging } from './paging.ts';
import { refuseCrossSite } from './same-site.ts';

const TOKEN = /^[0-9a-f-]{36}$/;

/** For people: the board and its form, without a line of JavaScript. */
export function pageRoutes(app: FastifyInstance, store: NoteStore): void {
  const show = (reply: FastifyReply, code: number, view: Omit<BoardView, 'token'>): FastifyReply =>
    reply
      .code(code)
      // The form carries a token that is good for one note: a kept copy would send a used one.
      .headers({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' })
      .send(boardPage({ ...view, token: randomUUID() }));

  app.get('/', async (request, reply) => {
    const { before } = readPaging(request.query);
    const page = await store.page({ limit: PAGE.usual, ...(before !== undefined && { before }) });
    return show(reply, 200, { page, isFirst: before === undefined, values: {}, faults: [] });
  });

  app.post('/', async (request, reply) => {
    refuseCrossSite(request);
    const values = fieldsOf(request.body);
    const again = async (code: number, problem?: string) => {
      // The words that somebody typed outlive any fault: the form comes back with them, even without the board.
      const page = await store.page({ limit: PAGE.usual }).catch(() => undefined);
      return show(reply, code, { page, isFirst: true, values, faults: faultsOf(values), ...(problem && { problem }) });
    };
    if (faultsOf(values).length > 0) return again(400);
    try {
      const added = await store.add(draftOf(values), tokenOf(values));
      if (added.outcome === 'conflict')
        return again(422, 'This form had been sent before, with other words. Send it again if you mean it.');
      return reply.redirect('/', 303);
    } catch (error) {
      if (!isProdworkError(error) || error.status !== 503) throw error;
      reply.header('retry-after', String(error.details.retryAfterSeconds ?? 2));
      return again(
        503,
        'The board cannot be reached at the moment. Your words are still here: send them again in a moment.',
      );
    }
  });

  const asset = (path: string, type: string, text: string) =>
    app.get(path, async (_request, reply) =>
      reply.headers({ 'content-type': type, 'cache-control': 'public, max-age=3600' }).send(text),
    );
  asset('/style.css', 'text/css; charset=utf-8', STYLE);
  asset('/favicon.svg', 'image/svg+xml; charset=utf-8', ICON);
}

function fieldsOf(body: unknown): Readonly<Record<string, unknown>> {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return { ...body };
  throw new ProdworkError('INVALID_BODY', 'A form with `name` and `message` is needed.');
}

/** The page's one-time token; a form without one (written by hand) is a new note each time. */
function tokenOf(values: Readonly<Record<string, unknown>>): string {
  return typeof values.token === 'string' && TOKEN.test(values.token) ? `form:${values.token}` : randomUUID();
}
