import { isProdworkError, ProdworkError } from '../errors.ts';

export interface HeartbeatOptions {
  readonly everyMs: number;
  /** Waits for the connection itself, within bounds. @param startedAt epoch ms, the same at each beat. */
  readonly beat: (startedAt: number) => Promise<void>;
  /** A beat that can never succeed: another worker has the name, Redis refuses the credentials. */
  readonly onFatal: (error: Error) => void;
}

const RETRY_MS = 200;

/** Beats from `start` on; the first beat is waited for, however long Redis is away. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #isStopped = false;
  #wake: () => void = () => {};

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  /** @throws what makes beating pointless. */
  async start(): Promise<void> {
    const startedAt = Date.now();
    while (!this.#isStopped) {
      try {
        await this.#options.beat(startedAt);
        break;
      } catch (error) {
        const fatal = fatalOf(error);
        if (fatal) throw fatal;
        await this.#pause(RETRY_MS);
      }
    }
    this.#running = this.#run(startedAt);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#wake();
    await this.#running;
  }

  async #run(startedAt: number): Promise<void> {
    while (!this.#isStopped) {
      await this.#pause(this.#options.everyMs);
      if (this.#isStopped) return;
      try {
        await this.#options.beat(startedAt);
      } catch (error) {
        const fatal = fatalOf(error);
        if (fatal && !this.#isStopped) this.#options.onFatal(fatal);
      }
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#timer = setTimeout(resolve, ms);
    });
  }
}

function fatalOf(error: unknown): ProdworkError | undefined {
  if (isProdworkError(error, 'PRODWORK_WORKER_NAME_TAKEN')) return error;
  const message = error instanceof Error ? error.message : '';
  if (!/^(NOAUTH|WRONGPASS|NOPERM)/.test(message)) return undefined;
  return new ProdworkError('PRODWORK_REDIS_DENIED', message, { cause: error });
}
