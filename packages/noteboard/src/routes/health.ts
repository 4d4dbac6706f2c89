import type { FastifyInstance } from 'fastify';
import type { PostgresBoot } from 'prodwork/postgres/boot';

/** Alive: the process answers. Ready: a real query passes, the schema is up to date, and writes are accepted. */
export function healthRoutes(app: FastifyInstance, boot: PostgresBoot): void {
  app.get('/healthz', async (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const { isReady, problem } = await boot.health();
    if (!isReady) app.log.debug({ problem }, 'not ready');
    // The reason names hosts and users: it goes to the log, and outside only the kind of it.
    return reply
      .header('cache-control', 'no-store')
      .code(isReady ? 200 : 503)
      .send(isReady ? { status: 'ready' } : { status: 'not ready', waitingFor: 'postgres' });
  });
}
