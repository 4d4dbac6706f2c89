import { randomUUID } from 'node:crypto';
import helmet from '@fastify/helmet';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ProdworkError } from 'prodwork/errors';
import type { ProducerConfig } from '../config.ts';

const REQUEST_ID = /^[A-Za-z0-9_-]{8,64}$/;

/** A caller's request id is kept when it is harmless in a log; else a new one is made. */
export function requestId(raw: { headers: Readonly<Record<string, string | string[] | undefined>> }): string {
  const given = raw.headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
}

export async function installSecurity(app: FastifyInstance, config: ProducerConfig): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        workerSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        connectSrc: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
      },
    },
    strictTransportSecurity: config.isHttps === 'on',
    referrerPolicy: { policy: 'same-origin' },
    xFrameOptions: { action: 'deny' },
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id).header('x-prodwork-replica', config.replicaName);
  });
}

/**
 * Refuses a form that another site sent. Browsers say where a request comes from in Sec-Fetch-Site, older ones in
 * Origin; a client that sends neither is not a browser, and carries no one's cookies.
 * @throws ProdworkError `CROSS_SITE`
 */
export function refuseCrossSite(request: FastifyRequest): void {
  const site = request.headers['sec-fetch-site'];
  const origin = request.headers.origin;
  const isForeign =
    site === undefined
      ? origin !== undefined && hostOf(origin) !== request.headers.host
      : site !== 'same-origin' && site !== 'none';
  if (isForeign) {
    throw new ProdworkError('CROSS_SITE', 'This form was sent from another site; open it here and send it again.');
  }
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
