import type { Clock } from 'prodwork/clock';
import type { Claim } from 'prodwork/engine/consumer';
import { Roster } from 'prodwork/job/roster';
import type { Log } from 'prodwork/log';
import type { AttemptParts, Executor } from './attempt.ts';
import { Deadlines } from './deadlines.ts';
import { Delivery, type DeliveryParts } from './delivery.ts';
import type { ServedType } from './job-type.ts';
import { completedLines, type SettleParts } from './settle.ts';

export interface InHandOptions extends SettleParts {
  readonly slots: number;
  readonly served: ReadonlyMap<string, ServedType>;
  readonly clock: Clock;
  readonly graceMs: number;
  readonly log: Log;
  readonly reportProgress: AttemptParts['reportProgress'];
  readonly files: AttemptParts['files'];
  /** Where a suspect job is run. */
  readonly isolate: (claim: Claim, log: Log) => Executor;
  /** How many slots are held by handlers whose delivery is over: they ignore their signal. */
  readonly onLingering: (count: number) => void;
}

/**
 * The jobs that this worker holds. A delivery is in hand from its claim until its settle is answered (or it is lost);
 * a slot is taken from the handler's start until the handler is really over. The two differ for a handler that ignores
 * its signal: its job is settled without it, its slot stays taken, so that work never outgrows the slots.
 */
export class InHand {
  readonly #options: InHandOptions;
  readonly #parts: DeliveryParts;
  readonly #deliveries = new Roster<Delivery>();
  readonly #parked = new Set<Delivery>();
  readonly #idleWaiters = new Set<() => void>();
  #newestFence = 0;
  #taken = 0;
  #lingering = 0;
  #isClosed = false;
  #isFilling = false;

  constructor(options: InHandOptions) {
    this.#options = options;
    const holder = {
      onSlotFreed: () => this.#freeSlot(),
      onLinger: (change: 1 | -1) => this.#linger(change),
      onGone: (delivery: Delivery) => this.#forget(delivery),
    };
    this.#parts = { ...options, deadlines: new Deadlines(), holder, logCompleted: completedLines(options.log) };
  }

  get count(): number {
    return this.#deliveries.size;
  }

  get taken(): number {
    return this.#taken;
  }

  get lingering(): number {
    return this.#lingering;
  }

  accept(claims: readonly Claim[]): void {
    const now = performance.now();
    const newestFence = this.#newestFence;
    for (const claim of claims) {
      // Fences are times: one that is newer than all before cannot have come before, and nothing is looked for.
      if (claim.fence <= newestFence && this.#find(claim.id, claim.fence) !== undefined) continue;
      this.#newestFence = Math.max(this.#newestFence, claim.fence);
      this.#acceptOne(claim, now);
    }
  }

  cancel(id: string, fence: number): void {
    const delivery = this.#find(id, fence);
    if (delivery === undefined) return;
    delivery.log.info('cancel asked for');
    if (this.#parked.delete(delivery)) delivery.settle({ kind: 'cancel' });
    else delivery.stop('cancel', this.#options.graceMs);
  }

  lost(id: string, fence: number): void {
    const delivery = this.#find(id, fence);
    // One that is being settled learns it from the answer.
    if (delivery === undefined || delivery.isSettling) return;
    this.#parked.delete(delivery);
    delivery.lose(this.#options.graceMs);
  }

  /** From now on what arrives is handed back unstarted, and so is what waits for a slot. What runs goes on. */
  close(): void {
    this.#isClosed = true;
    for (const delivery of this.#parked) delivery.settle({ kind: 'release', cause: 'WORKER_DRAINING' });
    this.#parked.clear();
  }

  /** Aborts every handler, so that its job is handed back. */
  abortAll(graceMs: number): void {
    for (const delivery of this.#deliveries.values()) delivery.stop('drain', graceMs);
  }

  /** Resolves when nothing is in hand, or after `withinMs`. */
  async idle(withinMs: number): Promise<boolean> {
    if (this.#deliveries.size === 0) return true;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, withinMs);
    this.#idleWaiters.add(resolve);
    await promise;
    clearTimeout(timer);
    this.#idleWaiters.delete(resolve);
    return this.#deliveries.size === 0;
  }

  #find(id: string, fence: number): Delivery | undefined {
    return this.#deliveries.find(({ claim }) => claim.fence === fence && claim.id === id);
  }

  #acceptOne(claim: Claim, now: number): void {
    const delivery = new Delivery(claim, this.#parts);
    this.#deliveries.add(delivery);
    if (claim.delivery > 1) this.#options.metrics.redelivered(claim.type);
    if (this.#isClosed) delivery.settle({ kind: 'release', cause: 'WORKER_DRAINING' });
    else if (this.#taken >= this.#options.slots) this.#parked.add(delivery);
    else this.#run(delivery, now);
  }

  #run(delivery: Delivery, now: number): void {
    const { claim } = delivery;
    const type = this.#options.served.get(claim.type);
    if (type === undefined) {
      delivery.refuse();
      return;
    }
    this.#taken++;
    if (claim.delivery === 1 && claim.generation === 1) {
      this.#options.metrics.waited(claim.type, this.#options.clock.now() - claim.createdAt);
    }
    delivery.run(type, claim.isSuspect ? this.#options.isolate(claim, delivery.log) : type, now);
  }

  /** A handler may end before it has returned to us: one loop hands out the slots, however deep that goes. */
  #freeSlot(): void {
    this.#taken--;
    if (this.#isFilling || this.#parked.size === 0) return;
    this.#isFilling = true;
    const now = performance.now();
    for (const next of this.#parked) {
      if (this.#taken >= this.#options.slots) break;
      this.#parked.delete(next);
      this.#run(next, now);
    }
    this.#isFilling = false;
  }

  #linger(change: 1 | -1): void {
    this.#lingering += change;
    this.#options.onLingering(this.#lingering);
  }

  #forget(delivery: Delivery): void {
    this.#deliveries.remove(delivery);
    if (this.#deliveries.size > 0) return;
    for (const wake of this.#idleWaiters) wake();
  }
}
