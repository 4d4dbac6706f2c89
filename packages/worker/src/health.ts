import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { EngineHealth } from 'prodwork/engine/engine';
import type { Service } from 'prodwork/service';
import type { Metrics } from './runtime/metrics.ts';

export interface HealthOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly worker: {
    readonly isHealthy: boolean;
    readonly isReady: boolean;
    readonly status: object;
  };
  readonly engineHealth: () => Promise<EngineHealth>;
  readonly metrics: Metrics;
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly type?: string;
}

/** What probes and Prometheus ask: /healthz (consuming), /readyz (jobs could come), /metrics. No payloads, no secrets. */
export class HealthServer implements Service {
  readonly #options: HealthOptions;
  readonly #server: Server;
  #isListening = false;

  constructor(options: HealthOptions) {
    this.#options = options;
    const limits = { requestTimeout: 5_000, headersTimeout: 5_000, keepAliveTimeout: 5_000, maxHeaderSize: 8_192 };
    this.#server = createServer(limits, (request, response) => void this.#answer(request, response));
    this.#server.maxConnections = 100;
  }

  /** The port that was opened; 0 before the start. */
  get port(): number {
    const address = this.#server.address();
    return address === null || typeof address === 'string' ? 0 : address.port;
  }

  /** @throws Error that names the setting to change, when the address cannot be opened. */
  async start(): Promise<void> {
    const { host, port } = this.#options;
    this.#server.listen(port, host);
    try {
      await once(this.#server, 'listening');
    } catch (error) {
      const hint = `cannot listen on ${host}:${port}; choose another WORKER_PORT (0: any free one) or WORKER_HOST`;
      throw new Error(hint, { cause: error });
    }
    this.#isListening = true;
  }

  async stop(): Promise<void> {
    if (!this.#isListening) return;
    this.#isListening = false;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume();
    const { status, body, type = 'application/json' } = await this.#route(request).catch(() => FAULT);
    response.writeHead(status, {
      'content-type': type,
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...(status === 405 ? { allow: 'GET, HEAD' } : {}),
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  }

  async #route({ method, url = '' }: IncomingMessage): Promise<Answer> {
    if (method !== 'GET' && method !== 'HEAD') return json(405, { status: 'method not allowed' });
    const { worker, metrics, engineHealth } = this.#options;
    switch (url.split('?', 1)[0]) {
      case '/healthz':
        if (worker.isHealthy) return json(200, { status: 'ok', ...worker.status });
        return json(503, { status: 'unhealthy', reason: 'not consuming', ...worker.status });
      case '/readyz': {
        if (!worker.isReady) return json(503, { status: 'not ready', reason: 'not claiming', ...worker.status });
        const { isReady, problems } = await engineHealth();
        if (!isReady) return json(503, { status: 'not ready', reason: problems.join('; '), ...worker.status });
        return json(200, { status: 'ready', ...worker.status });
      }
      case '/metrics':
        return { status: 200, body: await metrics.text(), type: metrics.contentType };
      default:
        return json(404, { status: 'not found' });
    }
  }
}

const json = (status: number, value: object): Answer => ({ status, body: `${JSON.stringify(value)}\n` });
const FAULT = json(500, { status: 'error' });
