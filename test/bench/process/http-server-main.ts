import { fastify } from 'fastify';
import { openQueue } from '../systems/bullmq.ts';
import type { HttpServerSpec } from './messages.ts';
import { serve, specOf } from './serve.ts';

/**
 * What the producer is held against: a route that parses the body, answers 202 and stores nothing, and the same route
 * with BullMQ behind it.
 */
const { kind, redisUrl } = specOf<HttpServerSpec>();
const app = fastify({ logger: false });
const queue = kind === 'bullmq' ? openQueue(redisUrl) : undefined;
await queue?.waitUntilReady();

interface Body {
  readonly type: string;
  readonly payload: unknown;
}

let number = 0;
app.post<{ Body: Body }>('/api/jobs', async ({ body }, reply) => {
  const id = queue === undefined ? String(++number) : (await queue.add(body.type, body.payload)).id;
  return reply.code(202).send({ id, type: body.type, payload: body.payload, state: 'waiting' });
});
const address = await app.listen({ port: 0, host: '127.0.0.1' });
serve<'address'>(() => address);
process.once('SIGTERM', () => process.exit(0));
