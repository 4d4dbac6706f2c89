import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ProdworkError } from 'prodwork/errors';
import type { Role, Tokens } from './tokens.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Name of the token that was shown; undefined where none is needed. */
    caller: string | undefined;
  }
  interface FastifyContextConfig {
    /** What a caller must be allowed to do here. Absent: open to all. */
    role?: Role;
  }
}

/** Checks the Bearer token of every route that names a role, before the body is read. Without tokens all is open. */
export function installAuth(app: FastifyInstance, tokens: Tokens | undefined): void {
  app.decorateRequest('caller', undefined);
  if (tokens === undefined) return;
  app.addHook('onRequest', async (request) => {
    const needed = request.routeOptions.config.role;
    if (needed !== undefined) request.caller = authorize(request, tokens, needed);
  });
}

/** @throws ProdworkError `UNAUTHENTICATED` or `FORBIDDEN`. Returns the token's name. */
export function authorize(request: FastifyRequest, tokens: Tokens, needed: Role): string {
  const given = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(request.headers.authorization ?? '')?.[1];
  const holder = given === undefined ? undefined : tokens.find(given);
  if (holder === undefined) {
    throw new ProdworkError('UNAUTHENTICATED', 'Send Authorization: Bearer and a token of the tokens file.');
  }
  if (!holder.may(needed)) {
    throw new ProdworkError('FORBIDDEN', `This token may not do this: the role ${needed} is needed.`, {
      rule: `role ${needed}`,
    });
  }
  return holder.name;
}
