import { type Job, Worker } from 'bullmq';
import { type Connection, serverOf, whenReady } from '../../redis/connections.ts';
import type { EngineOptions } from '../open.ts';
import { cancelIfAsked } from './cancel.ts';
import type { QueueKeys } from './layout.ts';

const CONNECT_WITHIN_MS = 2_000;
const END_RETRY_MS = 20;
/** A job may lose its worker as often as the delivery limit allows; that limit is ours, and BullMQ's stays out of the way. */
const STALLED_MAX = 1_000_000;

/**
 * How long BullMQ's lock lives without renewal: half the lease, since its check needs up to two further intervals to see
 * that it is gone.
 */
export const lockMs = ({ leaseMs }: EngineOptions): number => Math.max(1_000, Math.round(leaseMs / 2));
const stalledMs = ({ leaseMs }: EngineOptions): number => Math.max(250, Math.min(1_000, Math.round(leaseMs / 4)));

/**
 * Where claims come from: a BullMQ `Worker` that is asked for one job at a time, so that a settle has an answer. Made anew
 * when its connections cannot be brought up.
 */
export class JobSource {
  readonly #connection: Connection;
  readonly #options: EngineOptions;
  readonly #keys: QueueKeys;
  readonly #queue: string;
  readonly #name: string;
  #worker: Worker | undefined;
  #tokens = 0;
  #isEnding = false;

  /** @param name of this incarnation; the tokens of its locks begin with it. */
  constructor(connection: Connection, options: EngineOptions, keys: QueueKeys, queue: string, name: string) {
    this.#connection = connection;
    this.#options = options;
    this.#keys = keys;
    this.#queue = queue;
    this.#name = name;
  }

  /** The next job with the token of its lock, or undefined when none came within two seconds. */
  async next(): Promise<{ readonly job: Job; readonly token: string } | undefined> {
    const worker = await this.#open();
    if (this.#isEnding) return undefined;
    this.#tokens += 1;
    const token = `${this.#name}:${this.#tokens}`;
    const job = await worker.getNextJob(token, { block: true });
    return job && { job, token };
  }

  /** Renews locks; answers the ids whose lock was lost. */
  async renew(held: readonly { readonly id: string; readonly token: string }[]): Promise<readonly string[]> {
    if (held.length === 0) return [];
    const worker = await this.#open();
    const tokens = held.map(({ token }) => token);
    return worker.extendJobLocks(
      held.map(({ id }) => id),
      tokens,
      lockMs(this.#options),
    );
  }

  /**
   * Ends a wait that is under way, and every later one; nothing that was made active is lost by it.
   * @param isOver asked until it is: the server may read this before it reads the wait.
   */
  async end(isOver: () => boolean): Promise<void> {
    this.#isEnding = true;
    while (!isOver() && this.#connection.status === 'ready') {
      const server = await serverOf(this.#connection, this.#keys.of('marker'));
      const clients = String(await server.client('LIST')).split('\n');
      for (const line of clients) {
        const id = /(?:^| )id=(\d+) /.exec(line)?.[1];
        // BullMQ ends the name of its blocking connection with the worker's.
        const isOurs = line.includes(`:w:${this.#name} `) && line.includes('cmd=bzpopmin');
        if (isOurs && id !== undefined) await server.client('UNBLOCK', Number(id));
      }
      await new Promise((resolve) => setTimeout(resolve, END_RETRY_MS));
    }
  }

  /** Stops waiting and lets go of BullMQ's connections. */
  async close(): Promise<void> {
    await this.#worker?.close(true);
  }

  async #open(): Promise<Worker> {
    if (this.#worker) return this.#worker;
    await whenReady(this.#connection, CONNECT_WITHIN_MS);
    const { keep } = this.#options;
    const kept = { count: keep.count, age: Math.ceil(keep.ageMs / 1000) };
    const worker = new Worker(this.#queue, null, {
      connection: this.#connection,
      prefix: this.#keys.prefix,
      name: this.#name,
      autorun: false,
      lockDuration: lockMs(this.#options),
      stalledInterval: stalledMs(this.#options),
      maxStalledCount: STALLED_MAX,
      drainDelay: 2,
      removeOnComplete: kept,
      removeOnFail: kept,
    });
    worker.on('error', (err) => this.#options.log.debug({ err }, 'BullMQ reported an error'));
    worker.on('stalled', (id) => {
      // Missed, it is seen when the job is claimed again.
      cancelIfAsked(this.#connection, this.#keys, id).catch(() => {});
    });
    try {
      await worker.waitUntilReady();
    } catch (error) {
      await worker.close(true);
      throw error;
    }
    await worker.startStalledCheckTimer();
    this.#worker = worker;
    return worker;
  }
}
