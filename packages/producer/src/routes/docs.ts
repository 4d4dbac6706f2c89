import type { FastifyInstance } from 'fastify';
import { ERRORS } from 'prodwork/errors';
import type { Services } from '../services.ts';
import { docsPage } from '../views/docs-page.ts';

/** `/openapi.json`, and the page that shows it to people. Both are made once: routes do not change while it runs. */
export function docsRoutes(app: FastifyInstance, { config, tokens }: Services): void {
  let json: string | undefined;
  let page: string | undefined;
  app.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) => {
    json ??= JSON.stringify(app.swagger());
    return reply.type('application/json; charset=utf-8').header('access-control-allow-origin', '*').send(json);
  });
  app.get('/docs', { schema: { hide: true } }, async (_request, reply) => {
    const errors = Object.entries(ERRORS).filter(([code]) => !code.startsWith('PRODWORK_'));
    page ??= docsPage({
      document: app.swagger(),
      errors: errors.map(([code, { status, title }]) => ({ code, status, title })),
      needsToken: tokens !== undefined,
      replica: config.replicaName,
    });
    return reply.type('text/html; charset=utf-8').send(page);
  });
}
