import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { type Clock, systemClock } from 'prodwork/clock';
import type { Consumer, ConsumerContext } from 'prodwork/engine/consumer';
import { ProdworkError } from 'prodwork/errors';
import type { Log } from 'prodwork/log';
import type { Service } from 'prodwork/service';
import { InHand, type InHandOptions } from './in-hand.ts';
import type { ServedType } from './job-type.ts';
import { type Ledger, noLedger } from './ledger.ts';
import type { Metrics } from './metrics.ts';
import { Readiness } from './readiness.ts';
import { memoryLimitBytes, Pulse } from './vitals.ts';
import { Watchdog } from './watchdog.ts';

/** Once handlers were aborted for a drain, they have this long to end, ms. */
const DRAIN_GRACE_MS = 3_000;
/** After that, hand-backs have this long to be answered, ms. */
const SETTLE_MS = 2_000;
/** A good-bye that the queue does not answer is not waited for longer, ms: it notices by itself that this worker is gone. */
const GOODBYE_MS = 2_000;
/** What stopping takes beyond the drain itself, at most, ms. */
export const STOP_OVERHEAD_MS = DRAIN_GRACE_MS + SETTLE_MS + GOODBYE_MS + 1_000;

export interface WorkerOptions {
  readonly consumer: (context: ConsumerContext) => Consumer;
  readonly served: ReadonlyMap<string, ServedType>;
  readonly name: string;
  readonly queue: string;
  readonly version: string;
  readonly slots: number;
  readonly drainMs: number;
  readonly graceMs: number;
  readonly watchdogMs: number;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly isolate: InHandOptions['isolate'];
  readonly files: InHandOptions['files'];
  readonly ledger?: Ledger;
  readonly clock?: Clock;
  readonly restarts?: number;
  readonly lastDeath?: string;
}

/**
 * One worker: pulls jobs for its free slots, runs them, settles them.
 *
 * It leaves in this order: claim no more; let what runs finish until the drain deadline; abort the rest and hand it
 * back; say good-bye to the queue. Every step is bounded, so the whole is.
 */
export class WorkerRuntime implements Service {
  /** Resolves with the reason when the worker cannot go on; the process should stop it and exit 1. */
  readonly failed: Promise<Error>;
  readonly #options: WorkerOptions;
  readonly #consumer: Consumer;
  readonly #inHand: InHand;
  readonly #pulse: Pulse;
  readonly #watchdog: Watchdog;
  readonly #readiness: Readiness;
  readonly #fail: (error: Error) => void;
  #drainMs: number;
  #state: 'new' | 'starting' | 'running' | 'draining' | 'stopped' = 'new';
  #stopping: Promise<void> | undefined;

  constructor(options: WorkerOptions) {
    const { log, metrics, slots, graceMs, watchdogMs, isolate, files, served } = options;
    const { clock = systemClock, ledger = noLedger } = options;
    const failed = Promise.withResolvers<Error>();
    this.failed = failed.promise;
    this.#fail = failed.resolve;
    this.#options = options;
    this.#drainMs = options.drainMs;
    this.#consumer = options.consumer(this.#context());
    this.#inHand = new InHand({
      slots,
      served,
      clock,
      graceMs,
      isolate,
      files,
      ledger,
      metrics,
      log,
      settle: (claim, outcome) => this.#consumer.settle(claim, outcome),
      reportProgress: (claim, json) => this.#consumer.reportProgress(claim, json),
      onLingering: (count) => this.#onLingering(count),
    });
    this.#pulse = new Pulse((blockedMs) => {
      metrics.loopBlocked();
      log.warn({ blockedMs }, 'event loop blocked: work like this belongs in a thread');
    });
    this.#watchdog = new Watchdog({
      clock,
      limitMs: watchdogMs,
      turnedAt: () => this.#consumer.turnedAt(),
      onStuck: (ageMs) =>
        this.#giveUp(new ProdworkError('PRODWORK_WORKER_STUCK', `no turn of the fetch loop for ${ageMs} ms`)),
    });
    this.#readiness = new Readiness(() => this.isReady, log);
    metrics.watch({
      slots: () => slots,
      inHand: () => this.#inHand.count,
      lingering: () => this.#inHand.lingering,
      loopLagMs: () => this.#pulse.lagMs,
      restarts: () => options.restarts ?? 0,
      watchdogAgeMs: () => this.#watchdog.ageMs,
      isReady: () => this.isReady,
    });
  }

  /** Consuming, or able to: what /healthz says. A worker that waits for Redis turns its loop, and is healthy. */
  get isHealthy(): boolean {
    return this.#state !== 'stopped' && !this.#watchdog.isStuck && this.#watchdog.ageMs <= this.#options.watchdogMs;
  }

  get isReady(): boolean {
    return this.#state === 'running' && this.isHealthy && this.#consumer.isReady();
  }

  get status(): {
    readonly state: string;
    readonly jobs: number;
    readonly slots: number;
    readonly turnedMsAgo: number;
  } {
    const { count } = this.#inHand;
    return { state: this.#state, jobs: count, slots: this.#options.slots, turnedMsAgo: this.#watchdog.ageMs };
  }

  async start(): Promise<void> {
    if (this.#state !== 'new') return;
    this.#state = 'starting';
    await Promise.all([this.#pulse.start(), this.#watchdog.start(), this.#consumer.start()]);
    if (this.#state !== 'starting') return;
    this.#state = 'running';
    await this.#readiness.start();
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#leave();
    return this.#stopping;
  }

  async #leave(): Promise<void> {
    const { log } = this.#options;
    const wasStarted = this.#state !== 'new';
    this.#state = 'draining';
    if (wasStarted) {
      void this.#readiness.stop();
      this.#consumer.quiet();
      this.#inHand.close();
      log.info({ jobs: this.#inHand.count, drainMs: this.#drainMs }, 'draining');
      if (!(await this.#inHand.idle(this.#drainMs))) {
        log.warn({ jobs: this.#inHand.count }, 'drain deadline reached: aborting, handing back');
        const graceMs = Math.min(this.#options.graceMs, DRAIN_GRACE_MS);
        this.#inHand.abortAll(graceMs);
        await this.#inHand.idle(graceMs + SETTLE_MS);
      }
    }
    await this.#watchdog.stop();
    // Whatever could not be handed back by now is taken back from this worker when it is gone.
    if (!(await isOverWithin(this.#consumer.stop(), GOODBYE_MS))) log.warn('the queue did not answer the good-bye');
    await this.#pulse.stop();
    if (wasStarted) log.info({ jobs: this.#inHand.count }, 'drained');
    this.#state = 'stopped';
  }

  /** No use in waiting for jobs whose end nobody may record: the drain is cut short. */
  #giveUp(error: Error): void {
    this.#drainMs = 0;
    this.#fail(error);
  }

  #onLingering(count: number): void {
    const { slots } = this.#options;
    this.#consumer.resize(Math.max(0, slots - count));
    if (count >= slots) {
      this.#giveUp(
        new ProdworkError('PRODWORK_WORKER_STUCK', `all ${slots} slots are taken by handlers that ignore their signal`),
      );
    }
  }

  #context(): ConsumerContext {
    const { name, queue, version, slots, served, restarts, lastDeath } = this.#options;
    return {
      options: {
        name,
        queue,
        version,
        slots,
        incarnation: randomUUID(),
        host: hostname(),
        pid: process.pid,
        types: [...served.values()].map(({ definition: { type, delivery } }) => ({ type, delivery })),
      },
      events: {
        onClaims: (claims) => this.#inHand.accept(claims),
        onCancel: (id, fence) => this.#inHand.cancel(id, fence),
        onLost: (id, fence) => this.#inHand.lost(id, fence),
        onFatal: (error) => this.#giveUp(error),
      },
      vitals: () => ({
        state: this.#state === 'draining' || this.#state === 'stopped' ? 'draining' : 'running',
        rssBytes: process.memoryUsage.rss(),
        memoryLimitBytes: memoryLimitBytes(),
        loopLagMs: this.#pulse.lagMs,
        ...(restarts === undefined ? {} : { restarts }),
        ...(lastDeath ? { lastDeath } : {}),
      }),
    };
  }
}

async function isOverWithin(work: Promise<void>, ms: number): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => late.resolve(false), ms);
  try {
    return await Promise.race([work.then(() => true), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
