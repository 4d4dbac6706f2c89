import type { Job } from 'bullmq';
import type { JobSource } from './source.ts';

export interface ClaimLoopOptions {
  readonly slots: number;
  readonly inHand: () => number;
  readonly source: JobSource;
  readonly onJob: (job: Job, token: string) => Promise<void>;
}

/** After a failure the loop waits this long, ms, so that a server that answers with errors is not flooded. */
const AFTER_FAILURE_MS = 200;

/** Asks for a job while there is a free slot. */
export class ClaimLoop {
  readonly #options: ClaimLoopOptions;
  #slots: number;
  #isQuiet = false;
  #isWaitingForSlot = false;
  #isOver = false;
  #turnedAt = Date.now();
  #running: Promise<void> | undefined;
  #wake: () => void = () => {};

  constructor(options: ClaimLoopOptions) {
    this.#options = options;
    this.#slots = options.slots;
  }

  get isQuiet(): boolean {
    return this.#isQuiet;
  }

  get isRunning(): boolean {
    return this.#running !== undefined && !this.#isQuiet;
  }

  /** Resolves when the loop has ended after `quiet`. */
  get ended(): Promise<void> {
    return this.#running ?? Promise.resolve();
  }

  get isOver(): boolean {
    return this.#running === undefined || this.#isOver;
  }

  /** Full slots are no standstill: there is nothing that the loop should do. */
  turnedAt(): number {
    return this.#isWaitingForSlot || this.#isQuiet ? Date.now() : this.#turnedAt;
  }

  start(): void {
    this.#running ??= this.#run().finally(() => {
      this.#isOver = true;
    });
  }

  wake(): void {
    this.#wake();
  }

  resize(slots: number): void {
    this.#slots = slots;
    this.#wake();
  }

  quiet(): void {
    this.#isQuiet = true;
    this.#wake();
  }

  async #run(): Promise<void> {
    while (!this.#isQuiet) {
      this.#turnedAt = Date.now();
      if (this.#options.inHand() >= this.#slots) {
        this.#isWaitingForSlot = true;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#isWaitingForSlot = false;
        continue;
      }
      try {
        const next = await this.#options.source.next();
        if (next) await this.#options.onJob(next.job, next.token);
      } catch {
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#wake = resolve;
        const timer = setTimeout(resolve, AFTER_FAILURE_MS);
        await promise;
        clearTimeout(timer);
      }
    }
  }
}
