import type { Claim } from 'prodwork/engine/consumer';
import type { Outcome, SettleAnswer } from 'prodwork/job/outcome';
import type { Enrolled } from 'prodwork/job/roster';
import type { Log } from 'prodwork/log';
import { Attempt, type AttemptOwner, type AttemptParts, type Executor, type Stop } from './attempt.ts';
import type { ServedType } from './job-type.ts';
import { namesOf, ownFault, type SettledParts, settled, unknownType, unsettled } from './settle.ts';

/** Whoever counts the slots. */
export interface DeliveryHolder {
  /** The handler is really over. */
  onSlotFreed(): void;
  /** A handler goes on (1), or has ended at last (-1), though its delivery is over. */
  onLinger(change: 1 | -1): void;
  /** Nothing more is to be said about it. */
  onGone(delivery: Delivery): void;
}

/** What the deliveries of one worker share. */
export interface DeliveryParts extends AttemptParts, SettledParts {
  readonly log: Log;
  readonly holder: DeliveryHolder;
}

/** One job in this worker's hands, from its claim to the answer to its settle. */
export class Delivery implements AttemptOwner, Enrolled {
  place = 0;
  readonly claim: Claim;
  readonly #parts: DeliveryParts;
  #log: Log | undefined;
  /** Absent while it waits for a slot. */
  #attempt: Attempt | undefined;
  #startedAt = 0;
  #durationMs = 0;
  /** Its handler is over, or has not begun. */
  #hasEnded = true;
  /** Its outcome is on the way to the queue. */
  #isSettling = false;
  #isGone = false;

  constructor(claim: Claim, parts: DeliveryParts) {
    this.claim = claim;
    this.#parts = parts;
  }

  get log(): Log {
    this.#log ??= this.#parts.log.child(namesOf(this.claim));
    return this.#log;
  }

  get isSettling(): boolean {
    return this.#isSettling;
  }

  /** Takes a slot until `onSlotFreed`. @param now ms on the monotonic clock. */
  run(type: ServedType, executor: Executor, now: number): void {
    this.#startedAt = now;
    this.#hasEnded = false;
    const { claim, log } = { claim: this.claim, log: this.#parts.log };
    if (claim.isSuspect) log.info({ ...namesOf(claim), isAlone: true }, 'job started');
    else if (log.isLevelEnabled('debug')) log.debug(namesOf(claim), 'job started');
    this.#attempt = new Attempt(claim, type, executor, this.#parts, this);
    try {
      this.#attempt.start(now);
    } catch (error) {
      this.#broke(error);
    }
  }

  stop(reason: Stop, graceMs: number): void {
    this.#attempt?.stop(reason, graceMs);
  }

  /** The lease is gone: the handler is told, and nothing more is said to the queue. */
  lose(graceMs: number): void {
    const { ledger, metrics } = this.#parts;
    this.log.warn('lease lost, handler told to stop');
    ledger.lost(this.claim);
    metrics.settled(this.claim.type, 'lost');
    this.stop('lost', graceMs);
    this.#goes();
    if (!this.#hasEnded) this.#parts.holder.onLinger(1);
  }

  /** No handler for its type. */
  refuse(): void {
    this.settle(unknownType(this.claim));
  }

  onEnded(): void {
    this.#durationMs = Math.round(performance.now() - this.#startedAt);
    this.#hasEnded = true;
    if (this.#isGone || this.#isSettling) {
      this.#parts.holder.onLinger(-1);
      const { log } = this.#parts;
      const names = { ...namesOf(this.claim), durationMs: this.#durationMs };
      log.info(names, 'the handler has ended at last, its slot is free');
    }
    this.#parts.holder.onSlotFreed();
  }

  onOutcome(outcome: Outcome | undefined): void {
    if (!this.#hasEnded) this.#durationMs = Math.round(performance.now() - this.#startedAt);
    this.#parts.metrics.ran(this.claim.type, this.#durationMs);
    if (outcome !== undefined && !this.#isGone) this.settle(outcome);
  }

  /** Tells the queue what became of it, and keeps the books of the answer. */
  settle(outcome: Outcome): void {
    this.#isSettling = true;
    const { settle, log, holder } = this.#parts;
    const { claim } = this;
    const durationMs = this.#durationMs;
    if (!this.#hasEnded) {
      log.warn(
        { ...namesOf(claim), durationMs },
        'the handler ignores its signal: settled without it, its slot stays taken',
      );
      holder.onLinger(1);
    }
    settle(claim, outcome).then(
      (answer: SettleAnswer) => {
        settled(this.#parts, log, claim, outcome, durationMs, answer);
        this.#goes();
      },
      (error: unknown) => {
        unsettled(this.#parts, log, claim, outcome, error);
        this.#goes();
      },
    );
  }

  #broke(error: unknown): void {
    this.log.error({ err: error }, 'attempt broke');
    if (!this.#hasEnded) this.onEnded();
    if (!this.#isSettling) this.settle(ownFault(error));
  }

  #goes(): void {
    this.#isGone = true;
    this.#parts.holder.onGone(this);
  }
}
