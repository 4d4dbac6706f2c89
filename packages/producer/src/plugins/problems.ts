import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ERRORS, type ErrorCode, isProdworkError, ProdworkError } from 'prodwork/errors';
import { problemPage } from '../views/problem-page.ts';

/** A problem as it is answered (RFC 9457), with the stable code, the field and the rule. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly field?: string;
  readonly rule?: string;
  readonly jobId?: string;
}

export function problemOf(error: ProdworkError): Problem {
  const { field, rule, jobId } = error.details;
  return {
    type: `/docs#${error.code}`,
    title: ERRORS[error.code].title,
    status: error.status,
    code: error.code,
    detail: error.message,
    ...(field !== undefined && { field }),
    ...(rule !== undefined && { rule }),
    ...(jobId !== undefined && { jobId }),
  };
}

/** What Fastify and Node raise by themselves, as our codes. Everything else is ours to be ashamed of: INTERNAL. */
export function asProdworkError(error: FastifyError | ProdworkError, request: FastifyRequest): ProdworkError {
  const ours = isProdworkError(error) ? error : translated(error);
  if (ours.code === 'INTERNAL') request.log.error({ err: error, requestId: request.id }, 'request failed');
  return ours;
}

function translated(error: FastifyError): ProdworkError {
  const code: ErrorCode | undefined = {
    FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE' as const,
    FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE' as const,
    FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'INVALID_BODY' as const,
    FST_ERR_CTP_EMPTY_JSON_BODY: 'INVALID_BODY' as const,
    FST_ERR_BAD_URL: 'INVALID_FIELD' as const,
  }[error.code];
  if (code !== undefined) return new ProdworkError(code, error.message, { cause: error });
  if (error.statusCode === 400)
    return new ProdworkError('INVALID_BODY', 'The request cannot be read.', { cause: error });
  return new ProdworkError('INTERNAL', 'Something went wrong on our side; the log has it under the request id.', {
    cause: error,
  });
}

/** People get a page, programs get problem+json; the API always answers programs. */
export function wantsPage(request: FastifyRequest): boolean {
  if (request.url.startsWith('/api/')) return false;
  return /\btext\/html\b/.test(request.headers.accept ?? '');
}

export function sendProblem(request: FastifyRequest, reply: FastifyReply, error: ProdworkError): FastifyReply {
  const problem = problemOf(error);
  if (problem.status === 413) linger(request, reply);
  const retryAfter = error.details.retryAfterSeconds ?? (problem.status === 503 ? 2 : undefined);
  if (retryAfter !== undefined) reply.header('retry-after', String(Math.max(1, Math.ceil(retryAfter))));
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="prodwork"');
  reply.code(problem.status).header('cache-control', 'no-store');
  if (wantsPage(request)) return reply.type('text/html; charset=utf-8').send(problemPage(problem, request.id));
  return reply.type('application/problem+json; charset=utf-8').send(JSON.stringify(problem));
}

/** How long a caller whose body is too large may go on sending, ms. */
const LINGER_MS = 2_000;

/**
 * Hanging up on a caller who still sends would reset the connection, and the answer with it. What comes is thrown away
 * for a moment instead, so that the answer can be read; whoever sends longer is cut.
 */
function linger(request: FastifyRequest, reply: FastifyReply): void {
  const { raw } = request;
  if (raw.complete) return;
  reply.removeHeader('connection');
  raw.resume();
  const cut = setTimeout(() => raw.destroy(), LINGER_MS);
  for (const event of ['end', 'close']) raw.once(event, () => clearTimeout(cut));
}

export function installProblems(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError | ProdworkError, request, reply) => {
    return sendProblem(request, reply, asProdworkError(error, request));
  });

  const routes = new Map<string, { pattern: RegExp; methods: Set<string> }>();
  app.addHook('onRoute', (route) => {
    const known = routes.get(route.url) ?? { pattern: patternOf(route.url), methods: new Set<string>() };
    for (const method of [route.method].flat()) known.methods.add(method);
    routes.set(route.url, known);
  });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const methods = [...routes.values()].flatMap((route) => (route.pattern.test(path) ? [...route.methods] : []));
    if (methods.length === 0 || methods.includes(request.method)) {
      return sendProblem(request, reply, new ProdworkError('NOT_FOUND', 'There is nothing at this address.'));
    }
    const allow = [...new Set(methods)].sort().join(', ');
    reply.header('allow', allow);
    return sendProblem(request, reply, new ProdworkError('METHOD_NOT_ALLOWED', `This address answers ${allow}.`));
  });
}

const patternOf = (url: string): RegExp =>
  new RegExp(
    `^${url
      .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
      .replace(/:[A-Za-z]+/g, '[^/]+')
      .replace(/\*/g, '.*')}$`,
  );
