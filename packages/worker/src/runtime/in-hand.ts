import type { Clock } from 'prodwork/clock';
import type { Claim } from 'prodwork/engine/consumer';
import type { JobFiles } from 'prodwork/job/handle';
import type { Outcome } from 'prodwork/job/outcome';
import type { Log } from 'prodwork/log';
import { Attempt, type Executor } from './attempt.ts';
import type { ServedType } from './job-type.ts';
import { ownFault, type SettleOptions, settle, unknownType } from './settle.ts';

export interface InHandOptions extends SettleOptions {
  readonly slots: number;
  readonly served: ReadonlyMap<string, ServedType>;
  readonly clock: Clock;
  readonly graceMs: number;
  readonly reportProgress: (claim: Claim, json: string) => void;
  /** The files of one job, by its idempotency key. */
  readonly files: (idempotencyKey: string) => JobFiles;
  /** Where a suspect job is run. */
  readonly isolate: (claim: Claim, log: Log) => Executor;
  /** How many slots are held by handlers whose delivery is over: they ignore their signal. */
  readonly onLingering: (count: number) => void;
}

interface Delivery {
  readonly claim: Claim;
  readonly log: Log;
  /** Absent while it waits for a slot. */
  attempt?: Attempt;
  /** Its handler is over. */
  hasEnded: boolean;
  /** Its outcome is on the way to the queue. */
  isSettling: boolean;
  /** Nothing more is to be said about it. */
  isGone: boolean;
}

/**
 * The jobs that this worker holds. A delivery is in hand from its claim until its settle is answered (or it is lost);
 * a slot is taken from the handler's start until the handler is really over. The two differ for a handler that ignores
 * its signal: its job is settled without it, its slot stays taken, so that work never outgrows the slots.
 */
export class InHand {
  readonly #options: InHandOptions;
  readonly #deliveries = new Map<string, Delivery>();
  readonly #parked = new Set<Delivery>();
  readonly #idleWaiters = new Set<() => void>();
  #taken = 0;
  #lingering = 0;
  #isClosed = false;

  constructor(options: InHandOptions) {
    this.#options = options;
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

  accept(claim: Claim): void {
    const key = keyOf(claim.id, claim.fence);
    if (this.#deliveries.has(key)) return;
    const { id: jobId, type, queue, attempt, delivery: number } = claim;
    const log = this.#options.log.child({ jobId, type, queue, attempt, delivery: number });
    const delivery: Delivery = { claim, log, hasEnded: true, isSettling: false, isGone: false };
    this.#deliveries.set(key, delivery);
    if (claim.delivery > 1) this.#options.metrics.redelivered(type);
    if (this.#isClosed) void this.#settle(delivery, { kind: 'release', cause: 'WORKER_DRAINING' }, 0);
    else if (this.#taken >= this.#options.slots) this.#parked.add(delivery);
    else void this.#run(delivery);
  }

  cancel(id: string, fence: number): void {
    const delivery = this.#deliveries.get(keyOf(id, fence));
    if (delivery === undefined) return;
    delivery.log.info('cancel asked for');
    if (this.#parked.delete(delivery)) void this.#settle(delivery, { kind: 'cancel' }, 0);
    else delivery.attempt?.stop('cancel', this.#options.graceMs);
  }

  lost(id: string, fence: number): void {
    const delivery = this.#deliveries.get(keyOf(id, fence));
    // One that is being settled learns it from the answer.
    if (delivery === undefined || delivery.isSettling) return;
    delivery.log.warn('lease lost, handler told to stop');
    this.#options.ledger.lost(delivery.claim);
    this.#options.metrics.settled(delivery.claim.type, 'lost');
    this.#parked.delete(delivery);
    delivery.attempt?.stop('lost', this.#options.graceMs);
    this.#forget(delivery);
    if (!delivery.hasEnded) this.#linger(1);
  }

  /** From now on what arrives is handed back unstarted, and so is what waits for a slot. What runs goes on. */
  close(): void {
    this.#isClosed = true;
    for (const delivery of this.#parked) void this.#settle(delivery, { kind: 'release', cause: 'WORKER_DRAINING' }, 0);
    this.#parked.clear();
  }

  /** Aborts every handler, so that its job is handed back. */
  abortAll(graceMs: number): void {
    for (const { attempt } of this.#deliveries.values()) attempt?.stop('drain', graceMs);
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

  async #run(delivery: Delivery): Promise<void> {
    const { claim, log } = delivery;
    const type = this.#options.served.get(claim.type);
    if (type === undefined) return this.#settle(delivery, unknownType(claim), 0);
    const startedAt = performance.now();
    const durationMs = (): number => Math.round(performance.now() - startedAt);
    this.#taken++;
    delivery.hasEnded = false;
    log.info(claim.isSuspect ? { isAlone: true } : {}, 'job started');
    const attempt = this.#begin(delivery, type);
    void attempt.ended.then(() => this.#freeSlot(delivery, durationMs()));
    let outcome: Outcome | undefined;
    try {
      outcome = await attempt.outcome;
    } catch (error) {
      log.error({ err: error }, 'attempt broke');
      outcome = ownFault(error);
    }
    this.#options.metrics.ran(claim.type, durationMs());
    if (outcome !== undefined && !delivery.isGone) await this.#settle(delivery, outcome, durationMs());
  }

  #begin(delivery: Delivery, served: ServedType): Attempt {
    const { isolate, ledger, clock, graceMs, files, reportProgress } = this.#options;
    const { claim, log } = delivery;
    delivery.attempt = new Attempt({
      claim,
      served,
      executor: claim.isSuspect ? isolate(claim, log) : served,
      log,
      ledger,
      clock,
      graceMs,
      files,
      reportProgress: (json) => {
        if (!delivery.isGone) reportProgress(claim, json);
      },
    });
    return delivery.attempt;
  }

  async #settle(delivery: Delivery, outcome: Outcome, durationMs: number): Promise<void> {
    delivery.isSettling = true;
    if (!delivery.hasEnded) {
      delivery.log.warn({ durationMs }, 'the handler ignores its signal: settled without it, its slot stays taken');
      this.#linger(1);
    }
    await settle({ ...this.#options, log: delivery.log }, delivery.claim, outcome, durationMs);
    this.#forget(delivery);
  }

  #freeSlot(delivery: Delivery, durationMs: number): void {
    delivery.hasEnded = true;
    this.#taken--;
    if (delivery.isGone || delivery.isSettling) {
      this.#linger(-1);
      delivery.log.info({ durationMs }, 'the handler has ended at last, its slot is free');
    }
    for (const next of this.#parked) {
      if (this.#taken >= this.#options.slots) break;
      this.#parked.delete(next);
      void this.#run(next);
    }
  }

  #linger(change: 1 | -1): void {
    this.#lingering += change;
    this.#options.onLingering(this.#lingering);
  }

  #forget(delivery: Delivery): void {
    delivery.isGone = true;
    this.#deliveries.delete(keyOf(delivery.claim.id, delivery.claim.fence));
    if (this.#deliveries.size > 0) return;
    for (const wake of this.#idleWaiters) wake();
  }
}

const keyOf = (id: string, fence: number): string => `${fence} ${id}`;
