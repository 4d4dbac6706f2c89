import { randomInt, randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ProdworkError } from 'prodwork/errors';
import { isLoopback, type ProducerConfig } from '../config.ts';

const REQUEST_ID = /^[A-Za-z0-9_-]{8,64}$/;

/** One UUID a process, whose last part counts: a random one for each request would cost more than all its checks. */
const idStem = randomUUID().slice(0, -12);
let idCount = randomInt(2 ** 40);

/** A caller's request id is kept when it is harmless in a log; else a new one is made. */
export function requestId(raw: { headers: Readonly<Record<string, string | string[] | undefined>> }): string {
  const given = raw.headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given)
    ? given
    : idStem + (++idCount).toString(16).padStart(12, '0');
}

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join(';');

/** Answers of the API are never a page of their own: nothing may run, frame or sniff them. */
const API_HEADERS = {
  'content-security-policy': "default-src 'none';frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
} as const;

const PAGE_HEADERS = {
  'content-security-policy': POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-dns-prefetch-control': 'off',
  'x-frame-options': 'DENY',
  'x-permitted-cross-domain-policies': 'none',
} as const;

const HSTS = { 'strict-transport-security': 'max-age=31536000; includeSubDomains' } as const;

/** The headers are the same for every answer: they are put together once. */
export function installSecurity(app: FastifyInstance, config: ProducerConfig): void {
  const always = { 'x-prodwork-replica': config.replicaName, ...(config.isHttps === 'on' && HSTS) };
  const forApi = { ...API_HEADERS, ...always };
  const forPages = { ...PAGE_HEADERS, ...always };
  const hasNoTokens = config.tokensFile === '';
  const foreignName = createForeignName();
  app.addHook('onRequest', (request, reply, done) => {
    const isApi = request.url.startsWith('/api/');
    reply.headers(isApi ? forApi : forPages).header('x-request-id', request.id);
    const isHarmless = HARMLESS.has(request.method);
    const refusal = isHarmless ? undefined : crossSite(request);
    if (refusal === undefined && hasNoTokens && (isApi || request.url.startsWith('/metrics')))
      done(foreignName(request));
    else done(refusal);
  });
}

const HARMLESS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Without tokens the API trusts this machine. A site that points its own name here (DNS rebinding) would be same-origin
 * to the browser, and could read and act; it cannot make its name a loopback one.
 */
function createForeignName(): (request: FastifyRequest) => ProdworkError | undefined {
  // Callers come with the same name over and over: the last one that was local is known again.
  let known = 'localhost';
  return (request) => {
    if (request.host === known) return undefined;
    const { hostname } = request;
    if (!isLoopback(hostname.replace(/^\[(.*)\]$/, '$1')) && !hostname.endsWith('.localhost')) return foreign();
    known = request.host;
    return undefined;
  };
}

function foreign(): ProdworkError {
  return new ProdworkError('FORBIDDEN', 'Without PRODWORK_TOKENS_FILE the API answers to loopback names alone.', {
    field: 'Host',
    rule: 'localhost, 127.0.0.1 or [::1]',
  });
}

/**
 * Refuses what another site sent. Browsers say where a request comes from in Sec-Fetch-Site, older ones in
 * Origin; a client that sends neither is not a browser, and carries no one's cookies.
 */
function crossSite(request: FastifyRequest): ProdworkError | undefined {
  const site = request.headers['sec-fetch-site'];
  const origin = request.headers.origin;
  const isForeign =
    site === undefined
      ? origin !== undefined && hostOf(origin) !== request.headers.host
      : site !== 'same-origin' && site !== 'none';
  if (!isForeign) return undefined;
  return new ProdworkError('CROSS_SITE', 'This was sent from another site; open the page here and send it again.');
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
