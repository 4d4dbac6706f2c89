import type { Job } from 'bullmq';
import type { Claim, Consumer, ConsumerContext } from '../../engine/consumer.ts';
import { refuseDelivery } from '../../engine/unsupported.ts';
import { ProdworkError } from '../../errors.ts';
import type { Outcome, SettleAnswer } from '../../job/outcome.ts';
import {
  type Connection,
  closeConnection,
  createConnection,
  keepConnected,
  whenReady,
} from '../../redis/connections.ts';
import { Heartbeat } from '../../redis/heartbeat.ts';
import { Roster, workerConnectionName } from '../../redis/roster.ts';
import { runScript } from '../../redis/script.ts';
import type { EngineOptions } from '../open.ts';
import { claimOf, namesOf } from './claim.ts';
import { ClaimLoop } from './claim-loop.ts';
import { type QueueKeys, queueKeys } from './layout.ts';
import { begin, cancels } from './scripts.ts';
import { endUnstarted, type Held, LIMIT, type SettleContext, settle } from './settle.ts';
import { JobSource, lockMs } from './source.ts';

const CONNECT_WITHIN_MS = 2_000;
const RETRY_MS = 100;
/** The loop ends by itself within a block of two seconds; past this its connection is cut. */
const LOOP_END_MS = 2_500;

/** One worker on BullMQ's jobs: BullMQ claims, locks and moves; fences, deliveries and cancels are written beside it. */
export class BullmqConsumer implements Consumer {
  readonly #context: ConsumerContext;
  readonly #options: EngineOptions;
  readonly #keys: QueueKeys;
  readonly #connection: Connection;
  readonly #source: JobSource;
  readonly #loop: ClaimLoop;
  readonly #roster: Roster;
  readonly #heartbeat: Heartbeat;
  readonly #renewal: Heartbeat;
  readonly #settling: SettleContext;
  readonly #held = new Map<string, Held>();
  readonly #answers = new WeakMap<Claim, Promise<SettleAnswer>>();
  readonly #stopped = Promise.withResolvers<never>();
  #stopping: Promise<void> | undefined;

  constructor(options: EngineOptions, context: ConsumerContext) {
    const { queue, incarnation, slots } = context.options;
    const connectionName = (id: string): string => workerConnectionName(options.prefix, id);
    this.#context = context;
    this.#options = options;
    this.#keys = queueKeys(options.prefix, queue);
    this.#connection = createConnection(options.redisUrl, { name: connectionName(incarnation), silenceMs: 4_000 });
    this.#source = new JobSource(this.#connection, options, this.#keys, queue, incarnation);
    this.#settling = {
      connection: this.#connection,
      keys: this.#keys,
      deliveryLimit: options.deliveryLimit,
      keepCount: options.keep.count,
    };
    this.#roster = new Roster({
      connection: this.#connection,
      key: this.#keys.of('pw-workers'),
      leaseMs: options.leaseMs,
    });
    this.#loop = new ClaimLoop({
      slots,
      inHand: () => this.#held.size,
      source: this.#source,
      onJob: (job, token) => this.#take(job, token),
    });
    const onFatal = (error: Error) => context.events.onFatal(error);
    this.#heartbeat = new Heartbeat({
      everyMs: options.heartbeatMs,
      onFatal,
      beat: async (startedAt) => {
        await whenReady(this.#connection, CONNECT_WITHIN_MS);
        await this.#roster.beat(context, startedAt, connectionName);
      },
    });
    this.#renewal = new Heartbeat({ everyMs: Math.round(lockMs(options) / 3), onFatal, beat: () => this.#renew() });
    this.#stopped.promise.catch(() => {});
  }

  async start(): Promise<void> {
    for (const { type, delivery } of this.#context.options.types) refuseDelivery('bullmq', delivery, type);
    if (this.#stopping) return;
    keepConnected(this.#connection);
    await this.#heartbeat.start();
    if (this.#stopping) return;
    await this.#renewal.start();
    this.#loop.start();
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#leave();
    return this.#stopping;
  }

  settle(claim: Claim, outcome: Outcome): Promise<SettleAnswer> {
    if (this.#stopping) return Promise.reject(new ProdworkError('QUEUE_UNAVAILABLE', 'the consumer is stopped'));
    const known = this.#answers.get(claim);
    if (known) return known;
    const held = this.#held.get(claim.id);
    if (held?.claim.fence !== claim.fence) return Promise.resolve('lost');
    const answer = Promise.race([this.#settleSurely(held, outcome), this.#stopped.promise]);
    this.#answers.set(claim, answer);
    return answer;
  }

  reportProgress(claim: Claim, json: string): void {
    const held = this.#held.get(claim.id);
    if (held?.claim.fence === claim.fence) held.job.updateProgress(JSON.parse(json)).catch(() => {});
  }

  resize(slots: number): void {
    this.#loop.resize(slots);
  }

  quiet(): void {
    this.#loop.quiet();
    this.#source.end(() => this.#loop.isOver).catch(() => {});
  }

  isReady(): boolean {
    return !this.#stopping && this.#connection.status === 'ready' && this.#loop.isRunning;
  }

  turnedAt(): number {
    return this.#loop.turnedAt();
  }

  /** Begins the delivery of a job that BullMQ has made active for us. */
  async #take(job: Job, token: string): Promise<void> {
    const { name, queue } = this.#context.options;
    const id = job.id ?? '';
    const keys = [this.#keys.of(id), this.#keys.of('pw-totals')];
    const { deliveryLimit } = this.#options;
    const limit = JSON.stringify({ error: LIMIT });
    const reply = await runScript(this.#connection, begin, keys, [token, name, deliveryLimit, limit]);
    const [tag, ...begun] = Array.isArray(reply) ? reply : [];
    const names = namesOf(job);
    if (tag === 'cancelled') await endUnstarted(this.#settling, { job, token, names }, 'cancel');
    if (tag === 'limit') await endUnstarted(this.#settling, { job, token, names }, 'bury');
    if (tag !== 'ok') return;
    const claim = claimOf(job, queue, begun.map(Number));
    const held: Held = { claim, job, token, names };
    this.#held.set(id, held);
    if (this.#loop.isQuiet) await this.#settleSurely(held, { kind: 'release', cause: 'WORKER_DRAINING' });
    else this.#context.events.onClaims([claim]);
  }

  /** Sends the end again and again until Redis has answered: a lock that is gone by then answers `lost`. */
  async #settleSurely(held: Held, outcome: Outcome): Promise<SettleAnswer> {
    for (;;) {
      try {
        await whenReady(this.#connection, CONNECT_WITHIN_MS);
        const answer = await settle(this.#settling, held, outcome);
        this.#drop(held);
        return answer;
      } catch (error) {
        if (this.#stopping && this.#connection.status !== 'ready') throw error;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  async #renew(): Promise<void> {
    const held = [...this.#held.values()];
    if (held.length === 0) return;
    await whenReady(this.#connection, CONNECT_WITHIN_MS);
    const lost = new Set(await this.#source.renew(held.map(({ claim: { id }, token }) => ({ id, token }))));
    const flags = await runScript(
      this.#connection,
      cancels,
      held.map(({ claim: { id } }) => this.#keys.of(id)),
      [],
    );
    for (const [at, entry] of held.entries()) {
      const { id, fence } = entry.claim;
      if (this.#held.get(id) !== entry || this.#answers.has(entry.claim)) continue;
      if (lost.has(id)) {
        this.#drop(entry);
        this.#context.events.onLost(id, fence);
      } else if (Array.isArray(flags) && flags[at] === 1) this.#context.events.onCancel(id, fence);
    }
  }

  #drop(held: Held): void {
    if (this.#held.get(held.claim.id) === held) this.#held.delete(held.claim.id);
    this.#loop.wake();
  }

  /** What is still in hand goes back by itself; BullMQ's connections go last. */
  async #leave(): Promise<void> {
    this.#loop.quiet();
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, LOOP_END_MS);
    this.#source.end(() => this.#loop.isOver).catch(() => {});
    await Promise.race([this.#loop.ended, late]);
    clearTimeout(timer);
    this.#stopped.reject(new ProdworkError('QUEUE_UNAVAILABLE', 'the consumer is stopped'));
    await this.#renewal.stop();
    const release = { kind: 'release', cause: 'WORKER_LEFT' } as const;
    await Promise.all([...this.#held.values()].map((held) => settle(this.#settling, held, release).catch(() => {})));
    await this.#heartbeat.stop();
    await this.#roster.leave(this.#context.options.incarnation).catch(() => {});
    await this.#source.close();
    closeConnection(this.#connection);
  }
}
