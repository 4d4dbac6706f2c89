import type { Claim, Consumer, ConsumerContext } from '../../engine/consumer.ts';
import { ProdworkError } from '../../errors.ts';
import type { Outcome, SettleAnswer } from '../../job/outcome.ts';
import { type Hold, newHold } from './hold.ts';
import { settle } from './moves.ts';
import type { QueueStore } from './queue-store.ts';
import type { MemoryJob } from './record.ts';
import type { Store } from './store.ts';
import { reap } from './upkeep.ts';

/** Answers to own settles that are kept, so that a repeat is answered as what it was. */
const ANSWERS_KEPT = 1_000;

/**
 * One worker's end. Beside the port it has what tests need to hurt it: `crash` (as `kill -9`: gone without a word) and
 * `freeze` / `thaw` (as SIGSTOP and SIGCONT).
 */
export class MemoryConsumer implements Consumer {
  readonly #store: Store;
  readonly #context: ConsumerContext;
  readonly #committed = new Set<string>();
  #hold: Hold | undefined;
  #inHandAtFreeze: readonly { readonly job: MemoryJob; readonly fence: number }[] = [];
  #isStopped = false;

  constructor(store: Store, context: ConsumerContext) {
    this.#store = store;
    this.#context = context;
  }

  async start(): Promise<void> {
    if (this.#isStopped || this.#hold) return;
    this.#register();
    this.#store.changed();
  }

  async stop(): Promise<void> {
    this.#leave('released', 'WORKER_LEFT');
  }

  async settle(claim: Claim, outcome: Outcome): Promise<SettleAnswer> {
    if (this.#isStopped) throw new ProdworkError('QUEUE_UNAVAILABLE', 'the consumer is stopped');
    const name = `${claim.id} ${claim.fence}`;
    if (this.#committed.has(name)) return 'committed';
    const job = this.#held(claim);
    if (!job) return 'lost';
    this.#hold?.jobs.delete(job.id);
    settle(this.#queue, job, outcome);
    this.#committed.add(name);
    for (const oldest of this.#committed) {
      if (this.#committed.size <= ANSWERS_KEPT) break;
      this.#committed.delete(oldest);
    }
    this.#store.changed();
    return 'committed';
  }

  reportProgress(claim: Claim, json: string): void {
    const job = this.#held(claim);
    if (job) job.progressJson = json;
  }

  resize(slots: number): void {
    if (this.#hold) this.#hold.slots = slots;
    this.#store.changed();
  }

  quiet(): void {
    if (this.#hold) this.#hold.isQuiet = true;
  }

  isReady(): boolean {
    return this.#hold?.condition === 'alive' && !this.#hold.isQuiet && !this.#isStopped;
  }

  /** Nothing can get stuck here: a live hold is always turning. */
  turnedAt(): number {
    return this.#hold?.condition === 'frozen' ? this.#hold.renewedAt : this.#store.clock.now();
  }

  /** Gone without a word, and noticed at once, as a closed connection is. */
  crash(): void {
    this.#leave('crashed', 'WORKER_DIED');
  }

  /** Neither renews nor hears until `thaw`; its jobs move when the lease runs out. */
  freeze(): void {
    if (!this.#hold || this.#hold.condition === 'frozen') return;
    this.#hold.condition = 'frozen';
    this.#inHandAtFreeze = [...this.#hold.jobs.values()].map((job) => ({ job, fence: job.fence }));
    this.#store.changed();
  }

  /** Goes on, and hears at once what it missed: jobs that moved on, cancels that were asked for. */
  thaw(): void {
    if (this.#hold?.condition !== 'frozen') return;
    this.#store.tick();
    const { jobs } = this.#hold;
    this.#hold.condition = 'alive';
    for (const { job, fence } of this.#inHandAtFreeze) {
      if (jobs.get(job.id) !== job) this.#context.events.onLost(job.id, fence);
      else if (job.isCancelRequested) this.#context.events.onCancel(job.id, fence);
    }
    if (this.#queue.holds.get(this.#context.options.incarnation) !== this.#hold) this.#register();
    this.#store.changed();
  }

  #register(): void {
    const { name, incarnation } = this.#context.options;
    for (const { context } of this.#queue.holds.values()) {
      if (context.options.name !== name) continue;
      throw new ProdworkError('PRODWORK_WORKER_NAME_TAKEN', `another living worker is named ${name}`);
    }
    this.#hold = newHold(this.#context, this.#store.clock.now());
    this.#queue.holds.set(incarnation, this.#hold);
  }

  #leave(outcome: 'released' | 'crashed', cause: string): void {
    this.#isStopped = true;
    if (!this.#hold) return;
    reap(this.#queue, this.#hold, outcome, cause);
    this.#hold = undefined;
    this.#store.changed();
  }

  #held(claim: Claim): MemoryJob | undefined {
    const job = this.#hold?.jobs.get(claim.id);
    return job?.fence === claim.fence ? job : undefined;
  }

  get #queue(): QueueStore {
    return this.#store.queue(this.#context.options.queue);
  }
}
