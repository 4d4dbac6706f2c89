import type { FastifyReply } from 'fastify';

/** Sends a page that shows the state of a moment, and is kept nowhere. */
export const sendPage = (reply: FastifyReply, page: string): FastifyReply =>
  reply.header('cache-control', 'no-store').type('text/html; charset=utf-8').send(page);
