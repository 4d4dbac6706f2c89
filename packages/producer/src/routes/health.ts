import type { FastifyInstance } from 'fastify';
import type { Dependencies } from '../dependencies.ts';
import { VERSION } from '../version.ts';

/** `/healthz`: the process answers. `/readyz`: Redis answers and is safe to use. */
export function healthRoutes(app: FastifyInstance, { engine, config }: Dependencies): void {
  const tags = ['health'];
  app.get('/healthz', { schema: { tags, summary: 'Alive' } }, async (_request, reply) => {
    reply.header('cache-control', 'no-store');
    return { status: 'alive', replica: config.replicaName, version: VERSION };
  });
  app.get('/readyz', { schema: { tags, summary: 'Ready to accept jobs' } }, async (_request, reply) => {
    const health = await engine.health();
    reply.code(health.isReady ? 200 : 503).header('cache-control', 'no-store');
    if (!health.isReady) reply.header('retry-after', '2');
    return { status: health.isReady ? 'ready' : 'not ready', problems: health.problems, warnings: health.warnings };
  });
}
