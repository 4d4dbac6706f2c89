import { randomUUID } from 'node:crypto';
import helmet from '@fastify/helmet';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ProdworkError } from 'prodwork/errors';
import { isLoopback, type ProducerConfig } from '../config.ts';

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
    if (!['GET', 'HEAD', 'OPTIONS'].includes(request.method)) refuseCrossSite(request);
    if (config.tokensFile === '' && /^\/(api\/|metrics)/.test(request.url)) refuseForeignName(request);
  });
}

/**
 * Without tokens the API trusts this machine. A site that points its own name here (DNS rebinding) would be same-origin
 * to the browser, and could read and act; it cannot make its name a loopback one.
 * @throws ProdworkError `FORBIDDEN`
 */
function refuseForeignName(request: FastifyRequest): void {
  const { hostname } = request;
  if (isLoopback(hostname.replace(/^\[(.*)\]$/, '$1')) || hostname.endsWith('.localhost')) return;
  throw new ProdworkError('FORBIDDEN', 'Without PRODWORK_TOKENS_FILE the API answers to loopback names alone.', {
    field: 'Host',
    rule: 'localhost, 127.0.0.1 or [::1]',
  });
}

/**
 * Refuses what another site sent. Browsers say where a request comes from in Sec-Fetch-Site, older ones in
 * Origin; a client that sends neither is not a browser, and carries no one's cookies.
 * @throws ProdworkError `CROSS_SITE`
 */
function refuseCrossSite(request: FastifyRequest): void {
  const site = request.headers['sec-fetch-site'];
  const origin = request.headers.origin;
  const isForeign =
    site === undefined
      ? origin !== undefined && hostOf(origin) !== request.headers.host
      : site !== 'same-origin' && site !== 'none';
  if (isForeign) {
    throw new ProdworkError('CROSS_SITE', 'This was sent from another site; open the page here and send it again.');
  }
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
