import { ProblemError, readProblem } from './problem.ts';

export interface HttpOptions {
  /** Where the producer is, e.g. `http://localhost:5000`. */
  readonly url: string;
  /** Bearer token, when the producer wants one. */
  readonly token?: string;
  /** How often a call is tried again after no answer, 429, 502, 503 or 504. Default 4. */
  readonly retries?: number;
  /** Longest wait for one answer, ms. Default 10,000. */
  readonly timeoutMs?: number;
  readonly fetch?: typeof globalThis.fetch;
}

export interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly query?: { readonly [name: string]: string | number | undefined };
  readonly body?: unknown;
  /** Sent in place of `body`. */
  readonly form?: FormData;
  readonly headers?: { readonly [name: string]: string };
  readonly signal?: AbortSignal;
  /** Reads a good answer; default: all of it, as JSON. What it throws counts as no answer. */
  readonly read?: (response: Response) => Promise<unknown>;
}

const RETRIED = new Set([429, 502, 503, 504]);
const PAUSE_MAX_MS = 10_000;

/**
 * One call with its retries. Every call of the API may be repeated: reads change nothing, acts say what is already so,
 * and submits carry an id or an idempotency key.
 * @throws ProblemError with the last answer.
 */
export async function request(options: HttpOptions, call: Call): Promise<unknown> {
  const { retries = 4 } = options;
  for (let attempt = 0; ; attempt++) {
    const answer = await tryOnce(options, call);
    if (!(answer instanceof ProblemError)) return answer.body;
    const mayRetry = answer.status === 0 || RETRIED.has(answer.status);
    if (!mayRetry || attempt >= retries || call.signal?.aborted) throw answer;
    await pause(Math.min(PAUSE_MAX_MS, Math.max(retryAfterMs.get(answer) ?? 0, 200 * 2 ** attempt)), call.signal);
  }
}

/** What the server asked for, kept beside the error rather than on it. */
const retryAfterMs = new WeakMap<ProblemError, number>();

async function tryOnce(options: HttpOptions, call: Call): Promise<{ body: unknown } | ProblemError> {
  const { url, token, timeoutMs = 10_000, fetch = globalThis.fetch } = options;
  const target = new URL(call.path, url.endsWith('/') ? url : `${url}/`);
  for (const [name, value] of Object.entries(call.query ?? {})) {
    if (value !== undefined) target.searchParams.set(name, String(value));
  }
  const limit = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(target, {
      method: call.method,
      headers: {
        accept: 'application/json',
        ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...call.headers,
      },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      ...(call.form === undefined ? {} : { body: call.form }),
      signal: call.signal === undefined ? limit : AbortSignal.any([limit, call.signal]),
      redirect: 'error',
    });
    if (response.ok && call.read !== undefined) return { body: await call.read(response) };
    const body = parse(await response.text());
    if (response.ok) return { body };
    const error = new ProblemError(readProblem(response.status, body));
    const seconds = Number(response.headers.get('retry-after'));
    if (seconds > 0) retryAfterMs.set(error, seconds * 1000);
    return error;
  } catch (cause) {
    const why =
      cause instanceof Error ? (cause.cause instanceof Error ? cause.cause.message : cause.message) : String(cause);
    return new ProblemError(
      { status: 0, code: 'NO_ANSWER', detail: `${target.origin} did not answer: ${why}` },
      { cause },
    );
  }
}

function parse(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
