import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { ProdworkError } from 'prodwork/errors';
import { decodeUtf8, readJson } from '../json/read-json.ts';

/**
 * The content types that are read, to the letter. Anything else (a stray tab, text/plain with JSON in it, a
 * compressed body) is 415: no body reaches a handler without having gone through the reader of its type.
 */
export const JSON_TYPE = /^application\/json(?: *; *charset="?utf-8"?)?$/i;
const FORM_TYPE = /^application\/x-www-form-urlencoded(?: *; *charset="?utf-8"?)?$/i;
export const NDJSON_TYPE = /^application\/(?:x-ndjson|ndjson|jsonl)(?: *; *charset="?utf-8"?)?$/i;

const FILES_TYPE = /^multipart\/form-data *; *boundary=("?)[0-9A-Za-z'()+_,./:=?-]{1,70}\1$/i;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Also takes multipart/form-data, and reads it itself. */
    takesFiles?: boolean;
  }
}

export function installBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  addParser(app, JSON_TYPE, readJson);
  addParser(app, FORM_TYPE, (body) => new URLSearchParams(decodeUtf8(body)));
  app.addHook('onRequest', (request, _reply, done) =>
    done(unreadable(request.raw.headers, request.routeOptions.config.takesFiles === true)),
  );
}

function addParser(app: FastifyInstance, type: RegExp, read: (body: Buffer) => unknown): void {
  app.addContentTypeParser(type, { parseAs: 'buffer' }, (_request: unknown, body: Buffer, done) => {
    let value: unknown;
    try {
      value = read(body);
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    done(null, value);
  });
}

/** What a body is refused with before it is read. */
function unreadable(headers: IncomingHttpHeaders, takesFiles: boolean): ProdworkError | undefined {
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    return new ProdworkError('UNSUPPORTED_MEDIA_TYPE', 'Compressed bodies are not read.', {
      field: 'Content-Encoding',
      rule: 'identity',
    });
  }
  const type = headers['content-type'];
  if (type === undefined || type === 'application/json' || !hasBody(headers)) return undefined;
  const known = [JSON_TYPE, FORM_TYPE, NDJSON_TYPE, ...(takesFiles ? [FILES_TYPE] : [])];
  if (known.some((pattern) => pattern.test(type))) return undefined;
  return new ProdworkError('UNSUPPORTED_MEDIA_TYPE', 'This content type is not read.', {
    field: 'Content-Type',
    rule: 'application/json, application/x-ndjson or application/x-www-form-urlencoded, charset utf-8',
  });
}

const hasBody = (headers: Readonly<Record<string, unknown>>): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
