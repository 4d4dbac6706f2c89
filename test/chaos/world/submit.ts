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
/** The codes of a 5xx that leave the job's fate open; the others say that nothing was stored. */
const OPEN_FATE = new Set(['SUBMIT_UNKNOWN', 'INTERNAL', 'GATEWAY_ANSWER_LOST']);

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

/** One `POST /api/jobs/bulk`; the answers in the order of the jobs. Never rejects. */
export async function submitBulk(base: string, orders: readonly Order[], book: ClientBook): Promise<readonly Answer[]> {
  book.write(...orders.map(({ ref }) => ({ e: 'try', ref, chosen: ref }) as const));
  const lines = orders.map(({ ref, type, payload }) => JSON.stringify({ id: ref, type, payload }));
  const answers = await postBulk(base, lines);
  book.write(
    ...orders.map(({ ref }, at) => {
      const answer = answers[at];
      if (answer?.kind === 'ok') return { e: 'ok', ref, id: answer.id } as const;
      return { e: answer?.kind ?? 'unknown', ref, code: answer?.code ?? 'NO_LINE' } as const;
    }),
  );
  return answers;
}

async function postBulk(base: string, lines: readonly string[]): Promise<readonly Answer[]> {
  const all = (answer: Answer): readonly Answer[] => lines.map(() => answer);
  let status: number;
  let text: string;
  try {
    ({ status, text } = await send(`${base}/api/jobs/bulk`, `${lines.join('\n')}\n`, 'application/x-ndjson'));
  } catch (error) {
    return all(unanswered(error));
  }
  if (status !== 200) return all(answerOf(status, parsed(text)));
  const body = parsed(text);
  const results = typeof body === 'object' && body !== null && 'results' in body ? body.results : undefined;
  if (!Array.isArray(results)) return all({ kind: 'unknown', code: 'CUT_OFF', status });
  return lines.map((_, at) => bulkLine(results[at]));
}

function bulkLine(line: unknown): Answer {
  if (typeof line !== 'object' || line === null) return { kind: 'unknown', code: 'NO_LINE', status: 200 };
  if ('job' in line) return answerOf(202, line.job);
  const error = 'error' in line ? line.error : undefined;
  const status = typeof error === 'object' && error !== null && 'status' in error ? Number(error.status) : 500;
  return answerOf(status, error);
}

/** Connections of the client, kept open between submits as a real caller's are. */
export const clientAgent = new Agent({ keepAlive: true, maxSockets: 500 });

async function post(base: string, body: object, key: string | undefined): Promise<Answer> {
  let status: number;
  let text: string;
  try {
    ({ status, text } = await send(`${base}/api/jobs`, JSON.stringify(body), 'application/json', key));
  } catch (error) {
    return unanswered(error);
  }
  return answerOf(status, parsed(text));
}

function unanswered(error: unknown): Answer {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN';
  // Nobody listened: no byte of it was read.
  return { kind: code === 'ECONNREFUSED' ? 'refused' : 'unknown', code, status: 0 };
}

function answerOf(status: number, body: unknown): Answer {
  const answer = fieldsOf(body);
  if (status < 300 && answer.id !== undefined) return { kind: 'ok', id: answer.id, status };
  const code = answer.code ?? `HTTP_${status}`;
  const isOpen = status < 400 || OPEN_FATE.has(code) || (status >= 500 && answer.code === undefined);
  return { kind: isOpen ? 'unknown' : 'refused', code, status };
}

function send(url: string, body: string, type: string, key?: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': type, ...(key === undefined ? {} : { 'idempotency-key': key }) };
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

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function fieldsOf(value: unknown): { readonly id?: string; readonly code?: string } {
  if (typeof value !== 'object' || value === null) return {};
  return {
    ...('id' in value && typeof value.id === 'string' ? { id: value.id } : {}),
    ...('code' in value && typeof value.code === 'string' ? { code: value.code } : {}),
  };
}
