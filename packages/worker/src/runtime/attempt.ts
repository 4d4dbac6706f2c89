import type { Clock } from 'prodwork/clock';
import type { Claim } from 'prodwork/engine/consumer';
import { ProdworkError } from 'prodwork/errors';
import { backoffDelayMs } from 'prodwork/job/backoff';
import type { JobFiles, RunContext } from 'prodwork/job/handle';
import { LIMITS } from 'prodwork/job/limits';
import type { Outcome } from 'prodwork/job/outcome';
import type { Log } from 'prodwork/log';
import { ChildDied, type Failure, failure, failureOf } from './failure.ts';
import type { ServedType } from './job-type.ts';
import type { Ledger } from './ledger.ts';
import { readPayload } from './payload.ts';
import { Progress } from './progress.ts';
import { readEvidence, readResult } from './result.ts';

/** Where a handler runs: in this process, or alone in a child of its own. */
export interface Executor {
  readonly run: (payload: unknown, context: RunContext) => unknown;
  readonly verify: ((result: unknown, context: RunContext) => unknown) | undefined;
  /** Leaves nothing behind; called once, when the attempt is over. */
  readonly close?: () => void;
}

export interface AttemptOptions {
  readonly claim: Claim;
  readonly served: ServedType;
  readonly executor: Executor;
  readonly log: Log;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly reportProgress: (json: string) => void;
  readonly files: (idempotencyKey: string) => JobFiles;
  /** How long a handler may take to end after its deadline. */
  readonly graceMs: number;
}

const STOPS = {
  timeout: 'JOB_TIMEOUT',
  cancel: 'JOB_CANCELLED',
  drain: 'WORKER_DRAINING',
  lost: 'LEASE_LOST',
} as const;
export type Stop = keyof typeof STOPS;

/**
 * One delivery on its way through a handler: payload read, handler run under its deadline, result and outcome checked.
 *
 * `outcome` settles once: with what the queue should be told, or undefined when the lease was lost and there is
 * nothing to tell. `ended` resolves when the handler itself is over, which is later if it ignores its signal.
 */
export class Attempt {
  readonly outcome: Promise<Outcome | undefined>;
  readonly ended: Promise<void>;
  readonly claim: Claim;
  readonly #options: AttemptOptions;
  readonly #abort = new AbortController();
  readonly #givenUp = Promise.withResolvers<undefined>();
  #stop: Stop | undefined;
  #grace: NodeJS.Timeout | undefined;
  #isOver = false;

  /** Invokes the handler before it returns. */
  constructor(options: AttemptOptions) {
    this.#options = options;
    this.claim = options.claim;
    const work = this.#work();
    this.ended = work.then(
      () => {},
      () => {},
    );
    this.outcome = Promise.race([work, this.#givenUp.promise]).then((done) => this.#decide(done));
  }

  /**
   * Aborts the handler. The first reason counts, but a lost lease overrides all: nothing may be said any more.
   * @param graceMs how long the handler may take to end before the outcome is decided without it.
   */
  stop(reason: Stop, graceMs: number): void {
    if (this.#isOver) return;
    if (this.#stop === undefined || reason === 'lost') this.#stop = reason;
    this.#abort.abort(new ProdworkError(STOPS[reason]));
    clearTimeout(this.#grace);
    this.#grace = setTimeout(() => this.#givenUp.resolve(undefined), graceMs);
  }

  async #work(): Promise<Outcome> {
    const { claim, served, ledger, executor, log } = this.#options;
    const payload = readPayload(claim, served);
    if (!payload.ok) return this.#failed(payload.failure);
    const progress = new Progress(this.#options.reportProgress, (rule) => log.warn({ rule }, 'progress not reported'));
    const deadline = setTimeout(() => this.stop('timeout', this.#options.graceMs), timeoutMs(claim, served));
    ledger.started(claim);
    try {
      return await this.#runAndCheck(payload.value, this.#context(progress));
    } catch (error) {
      if (error instanceof ChildDied) return { kind: 'crash', cause: error.message };
      return this.#failed(failureOf(error, 'HANDLER_FAILED'), error);
    } finally {
      this.#isOver = true;
      ledger.ended(claim);
      clearTimeout(deadline);
      clearTimeout(this.#grace);
      progress.end();
      executor.close?.();
    }
  }

  async #runAndCheck(payload: unknown, context: RunContext): Promise<Outcome> {
    const { served, executor, clock } = this.#options;
    const result = await executor.run(payload, context);
    const read = readResult(result, served);
    if (!read.ok) return this.#failed(read.failure);
    if (executor.verify === undefined) return { kind: 'complete', resultJson: read.value };
    let evidence: unknown;
    try {
      evidence = await executor.verify(result, context);
    } catch (error) {
      if (error instanceof ChildDied) throw error;
      return this.#failed(failureOf(error, 'VERIFY_FAILED'), error);
    }
    const verified = readEvidence(evidence, clock.now(), served);
    if (!verified.ok) return this.#failed(verified.failure);
    return { kind: 'complete', resultJson: read.value, verified: verified.value };
  }

  /** What the work came to, seen in the light of why it was stopped. `done` is undefined when it did not end in time. */
  #decide(done: Outcome | undefined): Outcome | undefined {
    switch (this.#stop) {
      case 'lost':
        return undefined;
      case 'cancel':
        return { kind: 'cancel' };
      case 'timeout': {
        const limit = timeoutMs(this.claim, this.#options.served);
        return this.#failed(failure('JOB_TIMEOUT', `ran longer than ${limit} ms`));
      }
      case 'drain':
        // A handler that finished its work all the same has done it: running it again would do it twice.
        return done?.kind === 'complete' ? done : { kind: 'release', cause: STOPS.drain };
      case undefined:
        return done;
    }
  }

  #failed({ error, isPermanent }: Failure, thrown?: unknown): Outcome {
    const { claim, served, log } = this.#options;
    if (thrown !== undefined && this.#stop === undefined) log.debug({ err: thrown }, 'handler threw');
    // A type that must not start twice has no second attempt to wait for.
    const isLast = claim.attempt >= claim.maxAttempts || served.definition.delivery === 'at-most-once';
    if (isPermanent || isLast) return { kind: 'bury', error };
    return { kind: 'retry', error, delayMs: backoffDelayMs(served.definition.backoff, claim.attempt) };
  }

  #context(progress: Progress): RunContext {
    const { id, type, queue, attempt, maxAttempts, delivery, generation, createdAt, fence } = this.claim;
    const idempotencyKey = `${queue}:${id}`;
    return {
      job: { id, type, queue, attempt, maxAttempts, delivery, generation, createdAt },
      signal: this.#abort.signal,
      progress: (value) => progress.report(value),
      files: this.#options.files(idempotencyKey),
      log: this.#options.log,
      fence,
      idempotencyKey,
    };
  }
}

/** The job's own limit where it has a sound one, else its type's. */
function timeoutMs({ timeoutMs: own }: Claim, { definition }: ServedType): number {
  const { min, max } = LIMITS.timeoutMs;
  return own !== undefined && own >= min && own <= max ? own : definition.timeoutMs;
}
