import type { Claim, Consumer, ConsumerContext } from '../../engine/consumer.ts';
import { refuseDelivery } from '../../engine/unsupported.ts';
import { ProdworkError } from '../../errors.ts';
import type { Job } from '../../job/job.ts';
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
import type { EngineOptions } from '../open.ts';
import { type Entry, encodeEntry } from './entry.ts';
import { FetchLoop } from './fetch-loop.ts';
import { brpopKeys } from './keys.ts';
import { activeJob, claimOf, endedJob, endingOf } from './record.ts';
import { BrpopStore } from './store.ts';

const CONNECT_WITHIN_MS = 2_000;
const ANSWERS_KEPT = 1_000;

interface InHand {
  readonly entry: Entry;
  readonly job: Job;
}

/**
 * One worker of the plain pattern. What it popped is in its own memory alone: killed, it takes that with it. What it
 * shows in Redis is for people to see.
 */
export class BrpopConsumer implements Consumer {
  readonly #context: ConsumerContext;
  readonly #deliveryLimit: number;
  readonly #connection: Connection;
  readonly #store: BrpopStore;
  readonly #roster: Roster;
  readonly #heartbeat: Heartbeat;
  readonly #loop: FetchLoop;
  readonly #once: ReadonlySet<string>;
  readonly #inHand = new Map<string, InHand>();
  /** Entries whose end is on its way to Redis. */
  readonly #settling = new WeakSet<Entry>();
  readonly #committed = new Set<string>();
  readonly #stopped = Promise.withResolvers<never>();
  #stopping: Promise<void> | undefined;

  constructor(options: EngineOptions, context: ConsumerContext) {
    const { queue, incarnation, slots, types } = context.options;
    const keys = brpopKeys(options.prefix, queue);
    const connectionName = (id: string): string => workerConnectionName(options.prefix, id);
    this.#context = context;
    this.#deliveryLimit = options.deliveryLimit;
    this.#once = new Set(types.filter(({ delivery }) => delivery === 'at-most-once').map(({ type }) => type));
    this.#connection = createConnection(options.redisUrl, { name: connectionName(incarnation), silenceMs: 3_000 });
    this.#store = new BrpopStore(this.#connection, options, queue);
    this.#roster = new Roster({ connection: this.#connection, key: keys.workers, leaseMs: options.leaseMs });
    this.#loop = new FetchLoop({
      url: options.redisUrl,
      connectionName: connectionName(incarnation),
      key: keys.list,
      queue,
      slots,
      store: this.#store,
      inHand: () => this.#inHand.size,
      onEntry: (entry) => this.#accept(entry),
    });
    this.#heartbeat = new Heartbeat({
      everyMs: options.heartbeatMs,
      beat: async (startedAt) => {
        await whenReady(this.#connection, CONNECT_WITHIN_MS);
        await this.#roster.beat(context, startedAt, connectionName);
        await this.#store.refreshActive(incarnation, () =>
          [...this.#inHand.values()].filter(({ entry }) => !this.#settling.has(entry)).map(({ job }) => job),
        );
      },
      onFatal: (error) => context.events.onFatal(error),
    });
    this.#stopped.promise.catch(() => {});
  }

  async start(): Promise<void> {
    for (const { type, delivery } of this.#context.options.types) refuseDelivery('brpop', delivery, type);
    if (this.#stopping) return;
    keepConnected(this.#connection);
    await this.#heartbeat.start();
    this.#loop.start();
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#leave();
    return this.#stopping;
  }

  async settle(claim: Claim, outcome: Outcome): Promise<SettleAnswer> {
    const name = `${claim.id} ${claim.delivery}`;
    if (this.#stopping) throw new ProdworkError('QUEUE_UNAVAILABLE', 'the consumer is stopped');
    if (this.#committed.has(name)) return 'committed';
    const held = this.#inHand.get(claim.id);
    if (!held || held.entry.deliveries + 1 !== claim.delivery) return 'lost';
    this.#settling.add(held.entry);
    await Promise.race([this.#settleSurely(held, outcome), this.#stopped.promise]);
    // Handed back, it may be in hand again by now: the list gives it to whoever asks first, and that may be us.
    if (this.#inHand.get(claim.id)?.entry === held.entry) this.#inHand.delete(claim.id);
    this.#remember(name);
    this.#loop.wake();
    return 'committed';
  }

  reportProgress(claim: Claim, json: string): void {
    const held = this.#inHand.get(claim.id);
    if (!held || this.#settling.has(held.entry)) return;
    const job = { ...held.job, progress: JSON.parse(json) };
    this.#inHand.set(claim.id, { ...held, job });
    this.#store.showProgress(this.#context.options.incarnation, job).catch(() => {});
  }

  resize(slots: number): void {
    this.#loop.resize(slots);
  }

  quiet(): void {
    this.#loop.quiet(this.#connection);
  }

  isReady(): boolean {
    return !this.#stopping && this.#connection.status === 'ready' && this.#loop.isReady;
  }

  turnedAt(): number {
    return this.#loop.turnedAt();
  }

  async #accept(entry: Entry): Promise<void> {
    const { queue, name, incarnation } = this.#context.options;
    const job = activeJob(entry, queue, name, Date.now());
    const now = await this.#store.showActive(incarnation, job).catch(() => Date.now());
    const [begun] = job.deliveries;
    const startedAt = { ...job, deliveries: begun ? [{ ...begun, startedAt: now }] : [] };
    this.#inHand.set(entry.id, { entry: { ...entry, createdAt: entry.createdAt || now }, job: startedAt });
    this.#context.events.onClaims([claimOf(entry, queue, now)]);
  }

  /** Sends the end again and again until Redis has answered; the scripts make a repeat harmless. */
  async #settleSurely(held: InHand, outcome: Outcome): Promise<void> {
    for (;;) {
      try {
        await whenReady(this.#connection, CONNECT_WITHIN_MS);
        await this.#settleOnce(held, outcome);
        return;
      } catch (error) {
        if (this.#stopping) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  async #settleOnce({ entry, job }: InHand, outcome: Outcome): Promise<void> {
    const { incarnation } = this.#context.options;
    const ending = endingOf(outcome, this.#once.has(entry.type), entry.deliveries + 1 >= this.#deliveryLimit);
    if (ending) {
      const record = endedJob(job, ending, outcome, await this.#store.now());
      await this.#store.finish(incarnation, record, outcome.kind === 'retry' || outcome.kind === 'bury' ? 1 : 0);
      return;
    }
    const delivery = entry.deliveries + 1;
    await this.#store.giveBack(incarnation, entry.id, delivery, encodeEntry({ ...entry, deliveries: delivery }));
  }

  #remember(name: string): void {
    this.#committed.add(name);
    for (const oldest of this.#committed) {
      if (this.#committed.size <= ANSWERS_KEPT) break;
      this.#committed.delete(oldest);
    }
  }

  /** Nothing may be left in the memory of a process that goes: what was popped and not settled is pushed back. */
  async #leave(): Promise<void> {
    await this.#loop.stop(this.#connection);
    this.#stopped.reject(new ProdworkError('QUEUE_UNAVAILABLE', 'the consumer is stopped'));
    const release = { kind: 'release', cause: 'WORKER_LEFT' } as const;
    const backs = [...this.#inHand.values()].map((held) => this.#settleOnce(held, release).catch(() => {}));
    await Promise.all(backs);
    await this.#heartbeat.stop();
    await this.#roster.leave(this.#context.options.incarnation).catch(() => {});
    closeConnection(this.#connection);
  }
}
