import { setTimeout as wait } from 'node:timers/promises';
import type { Random } from '../random.ts';
import { BulkLoad } from './bulk-load.ts';
import type { ClientBook } from './client-book.ts';
import { type Answer, clientAgent, type Naming, type Order, submitOnce } from './submit.ts';

export interface LoadOptions {
  readonly ratePerSecond: number;
  /** Further jobs a second, submitted in bulk. */
  readonly bulkPerSecond: number;
  /** What one job of the load is; called once per job. */
  readonly workMs: (random: Random) => number;
  readonly random: Random;
  readonly book: ClientBook;
  /** Base addresses of the producers. */
  readonly producers: () => readonly string[];
  /** Ids and keys of the caller's own; an engine without them has no retries either. */
  readonly canName: boolean;
  readonly prefix: string;
}

interface Asked {
  readonly at: number;
  readonly ms: number;
  readonly kind: Answer['kind'];
  readonly code: string;
}

/** Between the tries of one submit: doubled each time, up to the second. */
const RETRY_MS = 250;
const RETRY_MOST_MS = 1_000;
/** A submit that was refused or lost is tried again for this long after the load has stopped, ms. */
const PATIENCE_MS = 15_000;
const IN_FLIGHT_MOST = 400;

/** A client that submits steadily, and tries again as a careful one does: under the same name. */
export class Load {
  readonly #options: LoadOptions;
  readonly asked: Asked[] = [];
  #inFlight = 0;
  #number = 0;
  #stoppedAt = Number.POSITIVE_INFINITY;
  #loop: Promise<void> | undefined;
  readonly #bulk: BulkLoad | undefined;

  constructor(options: LoadOptions) {
    this.#options = options;
    const { bulkPerSecond: perSecond } = options;
    if (perSecond > 0) this.#bulk = new BulkLoad({ ...options, perSecond });
  }

  get submitted(): number {
    return this.#number;
  }

  start(): void {
    this.#loop ??= this.#run();
    this.#bulk?.start();
  }

  /** No new jobs; resolves when each one under way is answered for good. */
  async stop(): Promise<void> {
    this.#stoppedAt = Math.min(this.#stoppedAt, Date.now());
    await this.#loop;
    await this.#bulk?.stop();
    while (this.#inFlight > 0) await wait(20);
    clientAgent.destroy();
  }

  /** One job of another kind, under the same rules. Resolves when it is stored. */
  async place(
    order: Omit<Order, 'ref' | 'naming' | 'payload'> & { payload?: object; naming?: Naming },
  ): Promise<string> {
    const ref = this.#nextRef();
    const naming = order.naming ?? (this.#options.canName ? 'id' : 'bare');
    const answer = await this.#insist({ ...order, ref, naming, payload: { ref, ...order.payload } });
    if (answer.kind !== 'ok') throw new Error(`the job was not accepted: ${answer.code}`);
    return answer.id;
  }

  /** The longest that any answer took among those asked for in this span. */
  slowest(from: number, to: number): number {
    return this.asked.reduce((most, { at, ms }) => (at >= from && at <= to ? Math.max(most, ms) : most), 0);
  }

  answers(from: number, to: number): { readonly ok: number; readonly refused: number; readonly unknown: number } {
    const count = { ok: 0, refused: 0, unknown: 0 };
    for (const { at, kind } of this.asked) if (at >= from && at <= to) count[kind]++;
    return count;
  }

  #nextRef(): string {
    return `${this.#options.prefix}-${++this.#number}`;
  }

  async #run(): Promise<void> {
    const { ratePerSecond, random, workMs } = this.#options;
    const namings: readonly Naming[] = this.#options.canName ? ['id', 'key', 'bare'] : ['bare'];
    let due = performance.now();
    while (Date.now() < this.#stoppedAt) {
      due += random.gapMs(1_000 / ratePerSecond);
      const ahead = due - performance.now();
      if (ahead > 1) await wait(ahead);
      // Far behind: the machine cannot keep this pace, and a burst would not be a steady load.
      else if (ahead < -1_000) due = performance.now();
      const ref = this.#nextRef();
      const more = this.#options.canName ? {} : { maxAttempts: 1 };
      const order: Order = {
        ref,
        naming: random.pick(namings),
        type: 'work',
        payload: { ref, ms: workMs(random) },
        more,
      };
      if (this.#inFlight < IN_FLIGHT_MOST) void this.#insist(order);
    }
  }

  async #insist(order: Order): Promise<Answer> {
    this.#inFlight++;
    try {
      for (let retryMs = RETRY_MS; ; retryMs = Math.min(retryMs * 2, RETRY_MOST_MS)) {
        const answer = await this.#ask(order);
        const isOver = answer.kind === 'ok' || (answer.status >= 400 && answer.status < 500 && answer.status !== 429);
        // Without a name a second try could make a second job.
        if (isOver || (answer.kind === 'unknown' && order.naming === 'bare')) return answer;
        if (Date.now() > this.#stoppedAt + PATIENCE_MS) return answer;
        await wait(retryMs);
      }
    } finally {
      this.#inFlight--;
    }
  }

  async #ask(order: Order): Promise<Answer> {
    const bases = this.#options.producers();
    const base = bases[this.#number % bases.length] ?? '';
    const at = Date.now();
    const answer = await submitOnce(base, order, this.#options.book);
    this.asked.push({ at, ms: Date.now() - at, kind: answer.kind, code: answer.kind === 'ok' ? '' : answer.code });
    return answer;
  }
}
