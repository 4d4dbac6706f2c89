import { setTimeout as wait } from 'node:timers/promises';
import type { Random } from '../random.ts';
import type { ClientBook } from './client-book.ts';
import { type Order, submitBulk } from './submit.ts';

export interface BulkLoadOptions {
  readonly perSecond: number;
  readonly workMs: (random: Random) => number;
  readonly random: Random;
  readonly book: ClientBook;
  readonly producers: () => readonly string[];
}

const EVERY_MS = 100;
/** More at once, and a producer answers 429. */
const IN_FLIGHT_MOST = 3;
const PENDING_MOST = 4_000;
const BATCH_MOST = 500;
/** A refused batch is sent again after this long, and after longer while all are refused: the lines of the run pass through this process too. */
const RETRY_MS = 250;
const RETRY_MOST_MS = 1_000;
const PATIENCE_MS = 15_000;

/** A client that submits in bulk, each job under an id of its own: what is not accepted is sent again with the next batch. */
export class BulkLoad {
  readonly #options: BulkLoadOptions;
  #pending: Order[] = [];
  #number = 0;
  #sent = 0;
  #inFlight = 0;
  #retryMs = RETRY_MS;
  #stoppedAt = Number.POSITIVE_INFINITY;
  #loop: Promise<void> | undefined;

  constructor(options: BulkLoadOptions) {
    this.#options = options;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** No new jobs; resolves when those under way are answered, or patience is at its end. */
  async stop(): Promise<void> {
    this.#stoppedAt = Math.min(this.#stoppedAt, Date.now());
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { perSecond } = this.#options;
    const startedAt = performance.now();
    let made = 0;
    for (;;) {
      const now = Date.now();
      const isOver = now >= this.#stoppedAt;
      const isIdle = this.#pending.length === 0 && this.#inFlight === 0;
      if (isOver && (isIdle || now > this.#stoppedAt + PATIENCE_MS)) return;
      const due = Math.floor(((performance.now() - startedAt) / 1_000) * perSecond);
      // What is due while nothing is accepted is left out: a burst would not be a steady load.
      if (!isOver && this.#pending.length < PENDING_MOST) {
        for (let count = made; count < due; count++) this.#pending.push(this.#order());
      }
      made = due;
      while (this.#pending.length > 0 && this.#inFlight < IN_FLIGHT_MOST) {
        void this.#send(this.#pending.splice(0, BATCH_MOST));
      }
      await wait(EVERY_MS);
    }
  }

  #order(): Order {
    const { workMs, random } = this.#options;
    const ref = `b-${++this.#number}`;
    return { ref, naming: 'id', type: 'work', payload: { ref, ms: workMs(random) } };
  }

  async #send(orders: readonly Order[]): Promise<void> {
    this.#inFlight++;
    const bases = this.#options.producers();
    const answers = await submitBulk(bases[this.#sent++ % bases.length] ?? '', orders, this.#options.book);
    const again = orders.filter((_, at) => {
      const answer = answers[at];
      return (
        answer?.kind === 'unknown' ||
        (answer?.kind === 'refused' && (answer.status >= 500 || answer.status === 0 || answer.status === 429))
      );
    });
    this.#retryMs = again.length < orders.length ? RETRY_MS : Math.min(this.#retryMs * 2, RETRY_MOST_MS);
    if (again.length > 0) await wait(this.#retryMs);
    this.#pending.unshift(...again);
    this.#inFlight--;
  }
}
