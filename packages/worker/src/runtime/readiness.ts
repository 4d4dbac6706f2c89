import type { Log } from 'prodwork/log';
import type { Service } from 'prodwork/service';

const LOOK_EVERY_MS = 100;

/** Says in the log when jobs can come, and when they no longer can: once for each change. */
export class Readiness implements Service {
  readonly #isReady: () => boolean;
  readonly #log: Log;
  #timer: NodeJS.Timeout | undefined;
  #wasReady = false;
  #notReadySince = performance.now();

  constructor(isReady: () => boolean, log: Log) {
    this.#isReady = isReady;
    this.#log = log;
  }

  async start(): Promise<void> {
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
  }

  #look(): void {
    const isReady = this.#isReady();
    if (isReady === this.#wasReady) return;
    this.#wasReady = isReady;
    const now = performance.now();
    if (isReady) this.#log.info({ waitedMs: Math.round(now - this.#notReadySince) }, 'ready for jobs');
    else this.#log.warn('not ready: the queue cannot be reached');
    this.#notReadySince = now;
  }
}
