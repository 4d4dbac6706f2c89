import type { Claim, Consumer, ConsumerContext, ConsumerEvents, ConsumerOptions } from 'prodwork/engine/consumer';
import { isProdworkError } from 'prodwork/errors';
import type { Outcome, SettleAnswer } from 'prodwork/job/outcome';
import { until } from '../support/until.ts';

export interface Noted {
  readonly id: string;
  readonly fence: number;
}

export interface Fatal {
  readonly code: string;
  readonly message: string;
}

/** A worker of the suite: it takes jobs into its slots and settles them when the test says so. */
export interface TestWorker {
  readonly options: ConsumerOptions;
  /** Every claim ever handed to it, in order. */
  readonly claims: readonly Claim[];
  readonly cancels: readonly Noted[];
  readonly lost: readonly Noted[];
  readonly fatal: readonly Fatal[];
  /** Waits for the next claim that `next` has not returned yet. */
  next(): Promise<Claim>;
  settle(claim: Claim, outcome: Outcome): Promise<SettleAnswer>;
  /** Takes claims and completes them, until this many are done. */
  complete(count: number): Promise<readonly Claim[]>;
  progress(claim: Claim, json: string): void;
  quiet(): void;
  stop(): Promise<void>;
}

/** A worker that can be hurt: a process of its own, or the in-memory engine's own means. */
export interface DoomedWorker extends TestWorker {
  /** As `kill -9`. */
  kill(): Promise<void>;
  /** As SIGSTOP: it neither renews nor hears. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
}

/** What both kinds share: what they were told, and waiting for more. */
export class Notebook implements ConsumerEvents {
  readonly claims: Claim[] = [];
  readonly cancels: Noted[] = [];
  readonly lost: Noted[] = [];
  readonly fatal: Fatal[] = [];
  #taken = 0;

  onClaims(claims: readonly Claim[]): void {
    this.claims.push(...claims);
  }

  onCancel(id: string, fence: number): void {
    this.cancels.push({ id, fence });
  }

  onLost(id: string, fence: number): void {
    this.lost.push({ id, fence });
  }

  onFatal(error: Error): void {
    this.fatal.push({ code: isProdworkError(error) ? error.code : '', message: error.message });
  }

  async next(who: string): Promise<Claim> {
    const claim = await until(`a claim for ${who}`, () => this.claims[this.#taken], 20_000);
    this.#taken += 1;
    return claim;
  }
}

export const VITALS = { state: 'running', rssBytes: 1, memoryLimitBytes: 0, loopLagMs: 0 } as const;

export class LocalWorker implements TestWorker {
  readonly options: ConsumerOptions;
  readonly consumer: Consumer;
  readonly #notes = new Notebook();

  constructor(options: ConsumerOptions, open: (context: ConsumerContext) => Consumer) {
    this.options = options;
    this.consumer = open({ options, events: this.#notes, vitals: () => VITALS });
  }

  get claims(): readonly Claim[] {
    return this.#notes.claims;
  }

  get cancels(): readonly Noted[] {
    return this.#notes.cancels;
  }

  get lost(): readonly Noted[] {
    return this.#notes.lost;
  }

  get fatal(): readonly Fatal[] {
    return this.#notes.fatal;
  }

  start(): Promise<void> {
    return this.consumer.start();
  }

  next(): Promise<Claim> {
    return this.#notes.next(this.options.name);
  }

  settle(claim: Claim, outcome: Outcome): Promise<SettleAnswer> {
    return this.consumer.settle(claim, outcome);
  }

  complete(count: number): Promise<readonly Claim[]> {
    return completeSome(this, count);
  }

  progress(claim: Claim, json: string): void {
    this.consumer.reportProgress(claim, json);
  }

  quiet(): void {
    this.consumer.quiet();
  }

  stop(): Promise<void> {
    return this.consumer.stop();
  }
}

export async function completeSome(worker: TestWorker, count: number): Promise<readonly Claim[]> {
  const done: Claim[] = [];
  while (done.length < count) {
    const claim = await worker.next();
    await worker.settle(claim, { kind: 'complete', resultJson: 'null' });
    done.push(claim);
  }
  return done;
}
