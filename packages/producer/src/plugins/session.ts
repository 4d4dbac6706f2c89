import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ProdworkError } from 'prodwork/errors';
import { sessionTexts } from '../session/cookie.ts';
import type { Sessions } from '../session/sessions.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who is signed in; undefined outside the dashboard. */
    operator: string | undefined;
  }
  interface FastifyContextConfig {
    /** Only for whoever is signed in. */
    needsSession?: boolean;
  }
}

/** Checks the session of every route that needs one, before the body is read. */
export function installSessions(app: FastifyInstance, sessions: Sessions): void {
  app.decorateRequest('operator', undefined);
  app.addHook('onRequest', (request, _reply, done) => {
    const isNeeded = request.routeOptions.config.needsSession === true;
    if (isNeeded) request.operator = operatorOf(request, sessions);
    if (!isNeeded || request.operator !== undefined) done();
    else done(new ProdworkError('UNAUTHENTICATED', 'Sign in first: `prodwork sign-in` prints a link that works once.'));
  });
}

export function operatorOf(request: FastifyRequest, sessions: Sessions): string | undefined {
  return sessionTexts(request.headers.cookie).flatMap((text) => sessions.read(text)?.name ?? [])[0];
}
