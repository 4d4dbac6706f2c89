import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ERRORS, type ErrorCode, isProdworkError, ProdworkError } from 'prodwork/errors';
import { problemPage } from './views/problem-page.ts';

const FROM_FASTIFY: { readonly [code: string]: ErrorCode } = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  FST_ERR_CTP_EMPTY_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
};

/** Whatever a handler or Fastify threw, as one of our codes. */
export function problemError(error: FastifyError | ProdworkError): ProdworkError {
  if (isProdworkError(error)) return error;
  const code = FROM_FASTIFY[error.code] ?? (error.statusCode === 400 ? 'INVALID_BODY' : 'INTERNAL');
  return new ProdworkError(code, undefined, { cause: error });
}

/** Only a browser that navigates asks for HTML by name. */
export const wantsPage = (request: FastifyRequest): boolean =>
  !request.url.startsWith('/api/') && /\btext\/html\b/.test(request.headers.accept ?? '');

export function sendProblem(request: FastifyRequest, reply: FastifyReply, error: ProdworkError): FastifyReply {
  const { field, rule, retryAfterSeconds } = error.details;
  const { title } = ERRORS[error.code];
  if (error.status === 503) reply.header('retry-after', String(retryAfterSeconds ?? 2));
  reply.code(error.status).header('cache-control', 'no-store');
  if (wantsPage(request)) return reply.type('text/html; charset=utf-8').send(problemPage(title, error.message));
  const problem = { type: 'about:blank', title, status: error.status, code: error.code, detail: error.message };
  return reply
    .type('application/problem+json; charset=utf-8')
    .send(JSON.stringify({ ...problem, ...(field !== undefined && { field }), ...(rule !== undefined && { rule }) }));
}

export function installProblems(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError | ProdworkError, request, reply) => {
    const ours = problemError(error);
    if (ours.code === 'INTERNAL') request.log.error({ err: error, requestId: request.id }, 'request failed');
    return sendProblem(request, reply, ours);
  });
  app.setNotFoundHandler((request, reply) =>
    sendProblem(request, reply, new ProdworkError('NOT_FOUND', 'There is nothing at this address.')),
  );
}
