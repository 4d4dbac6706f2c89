import { Agent, request } from 'node:http';
import type { ClientBook } from './client-book.ts';

/** How a submit names itself: an id of the caller's own, an idempotency key, or nothing. */
export type Naming = 'id' | 'key' | 'bare';

export interface Order {
  readonly ref: string;
  readonly naming: Naming;
  readonly type: string;
  readonly payload: object;
  readonly more?: object;
}

export type Answer =
  | { readonly kind: 'ok'; readonly id: string; readonly status: number }
  | { readonly kind: 'refused'; readonly code: string; readonly status: number }
  | { readonly kind: 'unknown'; readonly code: string; readonly status: number };

/** Longer than any answer may take (2 s): what takes longer is a fault, and is seen as one. */
const GIVE_UP_MS = 6_000;
/** The one code of a 5xx that leaves the job's fate open; the others say that nothing was stored. */
const OPEN_FATE = new Set(['SUBMIT_UNKNOWN', 'INTERNAL']);

/** One `POST /api/jobs`, with its lines in the client's book. Never rejects. */
export async function submitOnce(base: string, order: Order, book: ClientBook): Promise<Answer> {
  const { ref, naming, type, payload, more } = order;
  book.write({ e: 'try', ref, ...(naming === 'id' ? { chosen: ref } : {}) });
  const answer = await post(
    base,
    { type, payload, ...more, ...(naming === 'id' ? { id: ref } : {}) },
    naming === 'key' ? ref : undefined,
  );
  if (answer.kind === 'ok') book.write({ e: 'ok', ref, id: answer.id });
  else book.write({ e: answer.kind, ref, code: answer.code });
  return answer;
}

/** Connections of the client, kept open between submits as a real caller's are. */
export const clientAgent = new Agent({ keepAlive: true, maxSockets: 500 });

async function post(base: string, body: object, key: string | undefined): Promise<Answer> {
  let status: number;
  let text: string;
  try {
    ({ status, text } = await send(`${base}/api/jobs`, JSON.stringify(body), key));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN';
    // Nobody listened: no byte of it was read.
    return { kind: code === 'ECONNREFUSED' ? 'refused' : 'unknown', code, status: 0 };
  }
  const answer = fieldsOf(text);
  if (status < 300 && answer.id !== undefined) return { kind: 'ok', id: answer.id, status };
  const code = answer.code ?? `HTTP_${status}`;
  const isOpen = status < 400 || OPEN_FATE.has(code) || (status >= 500 && answer.code === undefined);
  return { kind: isOpen ? 'unknown' : 'refused', code, status };
}

function send(url: string, body: string, key: string | undefined): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', ...(key === undefined ? {} : { 'idempotency-key': key }) };
    const sent = request(url, { method: 'POST', agent: clientAgent, headers, timeout: GIVE_UP_MS }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.on('error', reject);
      response.on('aborted', () => reject(new Error('the answer was cut off')));
    });
    sent.on('timeout', () => sent.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })));
    sent.on('error', reject);
    sent.end(body);
  });
}

function fieldsOf(text: string): { readonly id?: string; readonly code?: string } {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return {};
    return {
      ...('id' in value && typeof value.id === 'string' ? { id: value.id } : {}),
      ...('code' in value && typeof value.code === 'string' ? { code: value.code } : {}),
    };
  } catch {
    return {};
  }
}
