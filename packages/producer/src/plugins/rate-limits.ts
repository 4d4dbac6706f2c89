import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance } from 'fastify';
import { ProdworkError } from 'prodwork/errors';
import type { ProducerConfig } from '../config.ts';

/**
 * Requests a second of one caller: its token where tokens are in force, else its address. Health and metrics are never
 * refused: an orchestrator that is told 429 would restart a busy producer.
 */
export async function installRateLimits(app: FastifyInstance, config: ProducerConfig): Promise<void> {
  await app.register(rateLimit, {
    global: true,
    timeWindow: 1_000,
    cache: 10_000,
    max: (request) => (isApi(request.url) ? config.apiPerSecond : config.pagesPerSecond),
    keyGenerator: (request) => `${isApi(request.url) ? 'api' : 'page'}:${request.caller ?? request.ip}`,
    allowList: (request) => /^\/(healthz|readyz|metrics)(\?|$)/.test(request.url),
    errorResponseBuilder: (_request, context) =>
      new ProdworkError('TOO_MANY_REQUESTS', `At most ${context.max} requests a second.`, {
        rule: `${context.max} requests a second`,
        retryAfterSeconds: Math.max(1, Math.ceil(context.ttl / 1000)),
      }),
  });
}

const isApi = (url: string): boolean => url.startsWith('/api/');
