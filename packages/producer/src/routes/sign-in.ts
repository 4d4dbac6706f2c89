import type { FastifyInstance, FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { Services } from '../services.ts';
import { endedCookie, sessionCookie } from '../session/cookie.ts';
import { LOCAL_NAME, SESSION_MS } from '../session/sessions.ts';
import { type SignInView, signInPage } from '../views/sign-in.ts';
import { problems } from './schemas.ts';
import { sendPage } from './send-page.ts';

const FORM_BYTES = 4 * 1024;

/** How an operator comes in: a link that works once, asked for with the operator's own means. */
export function signInRoutes(app: FastifyInstance, { config, sessions, log }: Services): void {
  const isHttps = config.isHttps === 'on';
  const show = (reply: FastifyReply, view: Omit<SignInView, 'replica'>): FastifyReply =>
    sendPage(reply, signInPage({ ...view, replica: config.replicaName }));

  app.post(
    '/api/sign-in',
    {
      config: { role: 'operate' },
      schema: {
        tags: ['operators'],
        operationId: 'signIn',
        summary: 'A link into the dashboard',
        description: 'Works once, for five minutes. Whoever opens it is signed in as the holder of the token.',
        response: {
          200: Type.Object({
            path: Type.String({ description: 'To be opened in a browser.' }),
            expiresAt: Type.Integer({ description: 'Epoch ms' }),
          }),
          ...problems(401, 403, 429),
        },
      },
    },
    async (request, reply) => {
      const { code, expiresAt } = sessions.invite(request.caller ?? LOCAL_NAME);
      return reply
        .header('cache-control', 'no-store')
        .send({ path: `/dashboard/sign-in?code=${encodeURIComponent(code)}`, expiresAt });
    },
  );

  // Opening the link shows a button and uses nothing up: programs that look into links must not be the ones who come in.
  app.get<{ Querystring: { code?: unknown } }>(
    '/dashboard/sign-in',
    { schema: { hide: true } },
    async ({ query: { code } }, reply) => show(reply, { code: typeof code === 'string' ? code : undefined }),
  );

  app.post<{ Body: unknown }>(
    '/dashboard/sign-in',
    { schema: { hide: true }, bodyLimit: FORM_BYTES },
    async ({ body }, reply) => {
      const code = body instanceof URLSearchParams ? body.get('code') : null;
      const session = code === null ? undefined : await sessions.open(code);
      if (session === undefined) {
        return show(reply.code(403), { fault: 'This link was used before, or is too old. Ask for another one.' });
      }
      log.info({ operator: session.name }, 'signed in to the dashboard');
      return reply
        .header('cache-control', 'no-store')
        .header('set-cookie', sessionCookie(session.text, SESSION_MS, isHttps))
        .redirect('/dashboard', 303);
    },
  );

  app.post('/dashboard/sign-out', { schema: { hide: true }, bodyLimit: FORM_BYTES }, async (_request, reply) =>
    reply
      .header('cache-control', 'no-store')
      .header('set-cookie', endedCookie(isHttps))
      .redirect('/dashboard/sign-in', 303),
  );
}
