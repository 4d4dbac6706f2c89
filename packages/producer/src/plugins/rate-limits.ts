import type { FastifyInstance } from 'fastify';
import { ProdworkError } from 'prodwork/errors';
import type { ProducerConfig } from '../config.ts';

const WINDOW_MS = 1_000;
/** Callers counted apart within one window; those beyond it share one count. */
const CALLERS_MOST = 10_000;
const NEVER_REFUSED = new Set(['/healthz', '/readyz', '/metrics']);

/**
 * Requests a second of one caller: its token where tokens are in force, else its address. Health and metrics are never
 * refused: an orchestrator that is told 429 would restart a busy producer.
 */
export function installRateLimits(app: FastifyInstance, config: ProducerConfig): void {
  const pages = new Window(config.pagesPerSecond);
  const api = new Window(config.apiPerSecond);
  app.addHook('onRequest', (request, _reply, done) => {
    const { url } = request;
    const isApi = url.startsWith('/api/');
    if (!isApi && NEVER_REFUSED.has(url.split('?', 1)[0] ?? '')) done();
    else done((isApi ? api : pages).refusal(request.caller ?? request.ip));
  });
}

/** Counts of the second that runs; all of them are forgotten with it, so that nothing has to be swept. */
class Window {
  readonly #max: number;
  readonly #counts = new Map<string, { requests: number }>();
  #endsAt = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** Counts a request; what it is refused with, once its caller has had all of the window's. */
  refusal(caller: string): ProdworkError | undefined {
    const now = performance.now();
    if (now >= this.#endsAt) {
      this.#counts.clear();
      this.#endsAt = now + WINDOW_MS;
    }
    const count = this.#counts.get(caller) ?? this.#begin(this.#counts.size < CALLERS_MOST ? caller : '');
    if (++count.requests <= this.#max) return undefined;
    return new ProdworkError('TOO_MANY_REQUESTS', `At most ${this.#max} requests a second.`, {
      rule: `${this.#max} requests a second`,
      retryAfterSeconds: Math.max(1, Math.ceil((this.#endsAt - now) / 1000)),
    });
  }

  #begin(name: string): { requests: number } {
    const count = this.#counts.get(name) ?? { requests: 0 };
    this.#counts.set(name, count);
    return count;
  }
}
