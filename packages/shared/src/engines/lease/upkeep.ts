import type { Log } from '../../log.ts';
import { type Connection, serverOf } from '../../redis/connections.ts';
import type { EngineOptions } from '../open.ts';
import { Lookout } from './lookout.ts';
import { connectedNames, connectionName } from './membership.ts';
import { scripts } from './scripts.ts';
import type { Shard } from './shard.ts';

/** How often every worker asks for, or renews, the election, ms; and how long it lasts without renewal. */
const TICK_MS = 300;
const ELECTION_MS = 900;
/** Without a tick for this long, Redis or everybody was away: leases that ran out meanwhile are given anew. */
const GRACE_MS = 4_000;
/** Clients of a Cluster learn where a slot has gone from an answer, or by asking so often, ms. */
const MOVED_MS = 5_000;

/**
 * The work that one elected worker does for all: promote what is due, reap what expired, prune, and notice at once when
 * a worker's connections are gone (a killed process loses them in the same moment).
 */
export class Upkeep {
  private readonly connection: Connection;
  private readonly shard: Shard;
  private readonly options: EngineOptions;
  private readonly log: Log;
  private timer: NodeJS.Timeout | undefined;
  private isTicking = false;
  private isAsked = false;
  private isRunning = false;
  private incarnation = '';
  private epoch = '';
  private readonly lookout = new Lookout();
  /** Where was looked last; in a Cluster, one of its nodes. */
  private server: Connection;
  private mayLook = true;

  constructor(connection: Connection, shard: Shard, options: EngineOptions, log: Log) {
    this.connection = connection;
    this.server = connection;
    this.shard = shard;
    this.options = options;
    this.log = log;
    connection.on('ready', () => this.lookout.connected(performance.now()));
  }

  open(incarnation: string, epoch: string): void {
    this.incarnation = incarnation;
    this.epoch = epoch;
    this.isRunning = true;
    this.soon();
  }

  close(): void {
    this.isRunning = false;
    clearTimeout(this.timer);
  }

  /** Ticks now: something is due earlier than was known. */
  soon(): void {
    this.isAsked = true;
    if (!this.isTicking) this.schedule(0);
  }

  private schedule(delayMs: number): void {
    clearTimeout(this.timer);
    if (this.isRunning) this.timer = setTimeout(() => void this.tick(), delayMs);
  }

  private async tick(): Promise<void> {
    if (this.isTicking) return;
    this.isTicking = true;
    this.isAsked = false;
    let nextMs = TICK_MS;
    try {
      if (this.connection.status === 'ready') nextMs = await this.work();
    } catch (err) {
      // The turn loop meets the same trouble and says so; upkeep simply tries again.
      this.log.debug({ err }, 'upkeep failed');
    } finally {
      this.isTicking = false;
      this.schedule(this.isAsked ? 0 : nextMs);
    }
  }

  /** One tick. Resolves to the ms until the next one. */
  private async work(): Promise<number> {
    const { leaseMs, deliveryLimit, keep } = this.options;
    const [role, now, due, more, silent, ...workers] = await this.shard.ask(scripts.tick, [
      this.incarnation,
      this.epoch,
      ELECTION_MS,
      leaseMs,
      deliveryLimit,
      keep.count,
      keep.ageMs,
      GRACE_MS,
      keep.bytes,
    ]);
    if (role !== 'elected') {
      this.lookout.interrupted();
      return TICK_MS;
    }
    if (silent !== '') this.lookout.silent(String(silent));
    if (this.lookout.dueIn(performance.now()) === 0) await this.lookForTheDead(workers.map(String));
    if (Number(more) === 1) return 0;
    const nextMs = Math.min(TICK_MS, this.lookout.dueIn(performance.now()) || TICK_MS);
    return due === '' ? nextMs : Math.max(0, Math.min(nextMs, Number(due) - Number(now)));
  }

  private async lookForTheDead(workers: readonly string[]): Promise<void> {
    if (!this.mayLook || workers.length < 2) return;
    const server = await serverOf(this.connection, this.shard.keys.script[0]);
    // A slot that moved to another node of a Cluster: there, too, everybody has to connect first.
    if (server !== this.server) {
      this.server = server;
      this.lookout.connected(performance.now(), MOVED_MS);
      this.lookout.interrupted();
    }
    const living = await connectedNames(server);
    if (living === undefined) {
      this.mayLook = false;
      this.log.warn('this Redis does not permit CLIENT LIST: a killed worker is noticed when its lease expires');
      return;
    }
    // Not even ourselves: the list is of another server, or names are stripped. It proves nothing.
    const isConnected = (incarnation: string): boolean => living.has(connectionName(this.options.prefix, incarnation));
    if (!isConnected(this.incarnation)) return;
    for (const incarnation of this.lookout.look(performance.now(), workers, isConnected)) {
      const args = [incarnation, this.options.deliveryLimit, this.options.keep.count, 'connection-closed'];
      const [jobs] = await this.shard.ask(scripts.deregister, args);
      this.log.warn({ incarnation, jobs: Number(jobs) }, 'a worker died; its jobs were taken back');
    }
  }
}
