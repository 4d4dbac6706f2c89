import { randomUUID } from 'node:crypto';
import { ProdworkError } from '../../errors.ts';
import type { Connection } from '../../redis/connections.ts';
import { runScript, type Script, type ScriptArg } from '../../redis/script.ts';
import { LAYOUT, type Layout, type ShardKeys, shardKeys } from './keys.ts';
import { scripts } from './scripts.ts';

/**
 * Which data set each shard was when this process first saw it. Shared by all parts of an engine: whoever notices that
 * the data set has changed tells everybody, and nobody carries on as if nothing had happened.
 */
export class DataSets {
  readonly layout: Layout;
  private readonly epochs = new Map<string, string>();
  private readonly lost = new Set<string>();

  constructor(layout: Layout = LAYOUT) {
    this.layout = layout;
  }

  epochOf(prefix: string): string | undefined {
    return this.epochs.get(prefix);
  }

  remember(prefix: string, epoch: string): void {
    if (!this.epochs.has(prefix)) this.epochs.set(prefix, epoch);
  }

  markLost(prefix: string): ProdworkError {
    this.lost.add(prefix);
    return new ProdworkError(
      'PRODWORK_DATASET_LOST',
      `Redis came back without the data of ${prefix}*: jobs that were accepted are gone. ` +
        'Bring the data back, or restart the producers and workers to begin with what is there now.',
    );
  }

  /** Looks whether every shard is still what it was; a data set that was brought back is taken for found. */
  async check(epochNow: (prefix: string) => Promise<string | null>): Promise<readonly string[]> {
    for (const [prefix, epoch] of this.epochs) {
      if ((await epochNow(prefix)) === epoch) this.lost.delete(prefix);
      else this.lost.add(prefix);
    }
    return [...this.lost];
  }
}

/** The set of all queue names under a prefix; the only key that belongs to no shard. */
export const queuesKey = (prefix: string): string => `${prefix}:queues`;

/** One shard as seen through one connection: runs its scripts and knows which data set it is. */
export class Shard {
  readonly keys: ShardKeys;
  readonly queue: string;
  readonly number: number;
  private readonly connection: Connection;
  private readonly dataSets: DataSets;
  private readonly queues: string;

  constructor(connection: Connection, dataSets: DataSets, prefix: string, queue: string, number: number) {
    this.connection = connection;
    this.dataSets = dataSets;
    this.queues = queuesKey(prefix);
    this.keys = shardKeys(prefix, queue, number);
    this.queue = queue;
    this.number = number;
  }

  /** The layout that this process knows. */
  get layout(): Layout {
    return this.dataSets.layout;
  }

  /** The epoch of this shard once one part of this process has opened it. */
  get epoch(): string | undefined {
    return this.dataSets.epochOf(this.keys.prefix);
  }

  /** The epoch of this shard; the first caller asks Redis, and makes the data set when there is none. */
  async open(): Promise<string> {
    const known = this.epoch;
    if (known !== undefined) return known;
    const mine = this.layout;
    const [layout, epoch, oldest] = await this.run(scripts.open, [mine.number, mine.oldest, randomUUID()]);
    if (layout === 'busy') {
      const message = `${this.keys.prefix}* cannot be migrated while the worker ${String(epoch)} of an older release runs: stop it`;
      throw new ProdworkError('PRODWORK_LAYOUT_BUSY', message);
    }
    if (Number(oldest) > mine.number) {
      const message = `${this.keys.prefix}* has layout ${String(layout)}; this release knows ${mine.number}: update prodwork`;
      throw new ProdworkError('PRODWORK_LAYOUT_NEWER', message);
    }
    await this.connection.sadd(this.queues, this.queue);
    this.dataSets.remember(this.keys.prefix, String(epoch));
    return String(epoch);
  }

  /** Runs a script that does not care which data set it is. */
  async run(script: Script, args: readonly ScriptArg[]): Promise<readonly unknown[]> {
    const reply = await runScript(this.connection, script, this.keys.script, args);
    if (!Array.isArray(reply)) throw new ProdworkError('INTERNAL', `${script.name}: the reply is not a list`);
    return reply;
  }

  /**
   * Runs a script whose first reply element is a tag.
   * @throws ProdworkError `PRODWORK_DATASET_LOST` when the shard is no longer the one that was opened.
   */
  async ask(script: Script, args: readonly ScriptArg[]): Promise<readonly unknown[]> {
    const reply = await this.run(script, args);
    if (reply[0] === 'dataset-lost') throw this.dataSets.markLost(this.keys.prefix);
    return reply;
  }
}
