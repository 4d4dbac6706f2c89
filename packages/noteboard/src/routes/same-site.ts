import type { FastifyRequest } from 'fastify';
import { ProdworkError } from 'prodwork/errors';

/**
 * Refuses what another site's page makes a browser send. Programs send neither header and pass.
 * @throws ProdworkError `CROSS_SITE`
 */
export function refuseCrossSite(request: FastifyRequest): void {
  const site = request.headers['sec-fetch-site'];
  const { origin, host } = request.headers;
  const isForeign =
    site === undefined
      ? origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host)
      : site !== 'same-origin' && site !== 'none';
  if (isForeign) throw new ProdworkError('CROSS_SITE');
}
