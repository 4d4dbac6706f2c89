import type { Clock } from 'prodwork/clock';
import type { Claim } from 'prodwork/engine/consumer';
import { type ErrorCode, ProdworkError } from 'prodwork/errors';
import { backoffDelayMs } from 'prodwork/job/backoff';
import type { JobFiles, RunContext } from 'prodwork/job/handle';
import { LIMITS } from 'prodwork/job/limits';
import type { Outcome } from 'prodwork/job/outcome';
import type { Log } from 'prodwork/log';
import type { Deadlines, Timed } from './deadlines.ts';
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

/** What attempts of one worker share. */
export interface AttemptParts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly reportProgress: (claim: Claim, json: string) => void;
  /** The files of one job, by its idempotency key. */
  readonly files: (idempotencyKey: string) => JobFiles;
  /** How long a handler may take to end after its deadline. */
  readonly graceMs: number;
}

/** Who is told how it ends. Neither call may throw. */
export interface AttemptOwner {
  /** Made when somebody asks for it: most jobs log nothing of their own. */
  readonly log: Log;
  /** Once: what the queue should be told, or undefined when the lease was lost and there is nothing to tell. */
  onOutcome(outcome: Outcome | undefined): void;
  /** Once: the handler itself is over. That is before the outcome, or after it when the handler ignores its signal. */
  onEnded(): void;
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
 * A worker makes thousands of these a second: a promise, a timer or a logger is only made where one is needed.
 */
export class Attempt implements Timed {
  readonly claim: Claim;
  /** When its time is up, ms on the monotonic clock. */
  dueAt = Number.POSITIVE_INFINITY;
  place = 0;
  readonly #served: ServedType;
  readonly #executor: Executor;
  readonly #parts: AttemptParts;
  readonly #owner: AttemptOwner;
  #abort: AbortController | undefined;
  #progress: Progress | undefined;
  #context: RunContext | undefined;
  #stop: Stop | undefined;
  #grace: NodeJS.Timeout | undefined;
  #isOver = false;
  #isDecided = false;

  constructor(claim: Claim, served: ServedType, executor: Executor, parts: AttemptParts, owner: AttemptOwner) {
    this.claim = claim;
    this.#served = served;
    this.#executor = executor;
    this.#parts = parts;
    this.#owner = owner;
  }

  /** Invokes the handler before it returns. @param now the moment, ms on the monotonic clock. */
  start(now: number): void {
    const { claim } = this;
    const payload = readPayload(claim, this.#served);
    if (!payload.ok) {
      this.#end(this.#failed(payload.failure));
      return;
    }
    this.dueAt = now + timeoutMs(claim, this.#served);
    this.#parts.deadlines.add(this);
    this.#parts.ledger.started(claim);
    const context = new AttemptContext(this, this.#owner, this.#parts.files);
    this.#context = context;
    this.#follow(
      () => this.#executor.run(payload.value, context),
      (result) => this.#returned(result, context),
      'HANDLER_FAILED',
    );
  }

  /**
   * Aborts the handler. The first reason counts, but a lost lease overrides all: nothing may be said any more.
   * @param graceMs how long the handler may take to end before the outcome is decided without it.
   */
  stop(reason: Stop, graceMs: number): void {
    if (this.#isOver) return;
    if (this.#stop === undefined || reason === 'lost') this.#stop = reason;
    this.#aborter().abort(new ProdworkError(STOPS[reason]));
    clearTimeout(this.#grace);
    if (!this.#isOver) this.#grace = setTimeout(() => this.#decideOnce(undefined), graceMs);
  }

  /** Most handlers never look at it. */
  get signal(): AbortSignal {
    return this.#aborter().signal;
  }

  expire(): void {
    this.stop('timeout', this.#parts.graceMs);
  }

  report(value: unknown): void {
    if (this.#isOver) return;
    this.#progress ??= new Progress(
      (json) => {
        if (!this.#isDecided && this.#stop !== 'lost') this.#parts.reportProgress(this.claim, json);
      },
      (rule) => this.#owner.log.warn({ rule }, 'progress not reported'),
    );
    this.#progress.report(value);
  }

  #aborter(): AbortController {
    this.#abort ??= new AbortController();
    return this.#abort;
  }

  /** Goes on with what `work` gives: at once, or when the promise that it gave is settled. */
  #follow(work: () => unknown, next: (value: unknown) => void, fallback: ErrorCode): void {
    try {
      const given = work();
      if (isThenable(given)) this.#await(given, next, fallback);
      else next(given);
    } catch (error) {
      this.#threw(error, fallback);
    }
  }

  #await(given: PromiseLike<unknown>, next: (value: unknown) => void, fallback: ErrorCode): void {
    Promise.resolve(given).then(
      (value) => this.#follow(() => value, next, fallback),
      (error: unknown) => this.#threw(error, fallback),
    );
  }

  #returned(result: unknown, context: RunContext): void {
    const executor = this.#executor;
    const read = readResult(result, this.#served);
    if (!read.ok) this.#end(this.#failed(read.failure));
    else if (executor.verify === undefined) this.#end({ kind: 'complete', resultJson: read.value });
    else {
      this.#follow(
        () => executor.verify?.(result, context),
        (evidence) => this.#verified(read.value, evidence),
        'VERIFY_FAILED',
      );
    }
  }

  #verified(resultJson: string, evidence: unknown): void {
    const verified = readEvidence(evidence, this.#parts.clock.now(), this.#served);
    if (!verified.ok) this.#end(this.#failed(verified.failure));
    else this.#end({ kind: 'complete', resultJson, verified: verified.value });
  }

  #threw(error: unknown, fallback: ErrorCode): void {
    if (this.#isOver) this.#owner.log.error({ err: error }, 'attempt broke');
    else if (error instanceof ChildDied) this.#end({ kind: 'crash', cause: error.message });
    else this.#end(this.#failed(failureOf(error, fallback), error));
  }

  #end(done: Outcome): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#context !== undefined) {
      this.#parts.ledger.ended(this.claim);
      this.#parts.deadlines.remove(this);
      if (this.#grace !== undefined) clearTimeout(this.#grace);
      this.#progress?.end();
      this.#executor.close?.();
    }
    this.#owner.onEnded();
    this.#decideOnce(done);
  }

  #decideOnce(done: Outcome | undefined): void {
    if (this.#isDecided) return;
    this.#isDecided = true;
    this.#owner.onOutcome(this.#decide(done));
  }

  /** What the work came to, seen in the light of why it was stopped. `done` is undefined when it did not end in time. */
  #decide(done: Outcome | undefined): Outcome | undefined {
    switch (this.#stop) {
      case 'lost':
        return undefined;
      case 'cancel':
        return { kind: 'cancel' };
      case 'timeout': {
        const limit = timeoutMs(this.claim, this.#served);
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
    const { attempt, maxAttempts } = this.claim;
    const { definition } = this.#served;
    if (thrown !== undefined && this.#stop === undefined) this.#owner.log.debug({ err: thrown }, 'handler threw');
    // A type that must not start twice has no second attempt to wait for.
    const isLast = attempt >= maxAttempts || definition.delivery === 'at-most-once';
    if (isPermanent || isLast) return { kind: 'bury', error };
    return { kind: 'retry', error, delayMs: backoffDelayMs(definition.backoff, attempt) };
  }
}

/** What a handler is given; each part is made when it is first asked for. */
class AttemptContext implements RunContext {
  readonly #attempt: Attempt;
  readonly #owner: AttemptOwner;
  readonly #makeFiles: AttemptParts['files'];
  #job: RunContext['job'] | undefined;
  #progress: RunContext['progress'] | undefined;
  #files: JobFiles | undefined;

  constructor(attempt: Attempt, owner: AttemptOwner, files: AttemptParts['files']) {
    this.#attempt = attempt;
    this.#owner = owner;
    this.#makeFiles = files;
  }

  get job(): RunContext['job'] {
    if (this.#job === undefined) {
      const { id, type, queue, attempt, maxAttempts, delivery, generation, createdAt } = this.#attempt.claim;
      this.#job = { id, type, queue, attempt, maxAttempts, delivery, generation, createdAt };
    }
    return this.#job;
  }

  get progress(): RunContext['progress'] {
    this.#progress ??= (value) => this.#attempt.report(value);
    return this.#progress;
  }

  get fence(): number {
    return this.#attempt.claim.fence;
  }

  get idempotencyKey(): string {
    const { queue, id } = this.#attempt.claim;
    return `${queue}:${id}`;
  }

  get signal(): AbortSignal {
    return this.#attempt.signal;
  }

  get log(): Log {
    return this.#owner.log;
  }

  get files(): JobFiles {
    this.#files ??= this.#makeFiles(this.idempotencyKey);
    return this.#files;
  }
}

/** Whatever `await` would wait for. */
function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (value instanceof Promise) return true;
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false;
  return 'then' in value && typeof value.then === 'function';
}

/** The job's own limit where it has a sound one, else its type's. */
function timeoutMs({ timeoutMs: own }: Claim, { definition }: ServedType): number {
  const { min, max } = LIMITS.timeoutMs;
  return own !== undefined && own >= min && own <= max ? own : definition.timeoutMs;
}
