import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import type { ProducerConfig } from '../config.ts';
import { VERSION } from '../version.ts';

/** OpenAPI 3.1, made from the schemas that the routes check with. */
export async function installOpenApi(app: FastifyInstance, config: ProducerConfig): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'prodwork',
        version: VERSION,
        description: 'Submit jobs, follow them, act on them. Errors are application/problem+json with a stable code.',
      },
      tags: [
        { name: 'jobs', description: 'Submit, read and act on jobs' },
        { name: 'queues', description: 'Queues, workers and counts' },
        { name: 'history', description: 'Finished jobs in Postgres' },
        { name: 'operators', description: 'Into the dashboard' },
        { name: 'health', description: 'For probes and for Prometheus' },
      ],
      components: {
        securitySchemes: { bearer: { type: 'http', scheme: 'bearer', description: 'A token of the tokens file.' } },
      },
      ...(config.tokensFile !== '' && { security: [{ bearer: [] }] }),
    },
    refResolver: { buildLocalReference: (json, _base, _fragment, index) => String(json.$id ?? `schema-${index}`) },
  });
}
