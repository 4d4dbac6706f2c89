import type { ActAnswer, Inspector, JobFilter, JobPage, QueueView, Why, WorkerView } from '../../engine/inspector.ts';
import { ProdworkError } from '../../errors.ts';
import { parseJobId } from '../../job/ids.ts';
import type { Job } from '../../job/job.ts';
import {
  type Connection,
  closeConnection,
  createConnection,
  keepConnected,
  whenReady,
} from '../../redis/connections.ts';
import type { Script } from '../../redis/script.ts';
import type { EngineOptions } from '../open.ts';
import { decodeCensus } from './census.ts';
import { decodeJob } from './job-view.ts';
import { listJobs } from './listing.ts';
import { scripts } from './scripts.ts';
import { type DataSets, queuesKey, Shard } from './shard.ts';
import { explain } from './why.ts';
import { decodeWorkers } from './workers-view.ts';

const ANSWER_WITHIN_MS = 2_000;
const CONNECT_WITHIN_MS = 1_500;
const ACTS: readonly ActAnswer[] = [
  'cancelled',
  'requested',
  'reopened',
  'removed',
  'unchanged',
  'refused',
  'not-found',
];

/** Reads of people and programs, and their acts, through a connection that is not on the path of any job. */
export class LeaseInspector implements Inspector {
  private readonly options: EngineOptions;
  private readonly dataSets: DataSets;
  readonly connection: Connection;
  private readonly shards = new Map<string, Shard>();

  constructor(options: EngineOptions, dataSets: DataSets) {
    this.options = options;
    this.dataSets = dataSets;
    this.connection = createConnection(options.redisUrl, {
      name: `${options.prefix}:inspect`,
      silenceMs: ANSWER_WITHIN_MS,
    });
  }

  async start(): Promise<void> {
    keepConnected(this.connection);
  }

  async stop(): Promise<void> {
    closeConnection(this.connection);
  }

  async job(id: string, queue: string): Promise<Job | undefined> {
    return (await this.jobs([id], queue))[0];
  }

  async jobs(ids: readonly string[], queue: string): Promise<readonly (Job | undefined)[]> {
    const addresses = ids.map((id) => parseJobId(id, queue));
    const byQueue = Map.groupBy(
      addresses.filter((address) => address !== undefined),
      (address) => address.queue,
    );
    const found = new Map<string, Job | undefined>();
    for (const [name, group] of byQueue) {
      const shard = this.shardOf(name);
      const shown = await this.read(() =>
        shard.run(
          scripts.show,
          group.map(({ local }) => local),
        ),
      );
      for (const [index, { local }] of group.entries()) {
        found.set(`${name} ${local}`, decodeJob(shard, local, shown[index]));
      }
    }
    return addresses.map((address) => address && found.get(`${address.queue} ${address.local}`));
  }

  list(filter: JobFilter): Promise<JobPage> {
    return this.read(() => listJobs(this.connection, this.shardOf(filter.queue), filter));
  }

  async queues(): Promise<readonly QueueView[]> {
    const names = await this.read(() => this.connection.smembers(queuesKey(this.options.prefix)));
    return Promise.all(names.sort().map((name) => this.queue(name)));
  }

  async queue(name: string): Promise<QueueView> {
    const shard = this.shardOf(name);
    const reply = await this.read(async () => {
      await shard.open();
      return shard.run(scripts.census, []);
    });
    return decodeCensus(name, reply);
  }

  async workers(queue: string): Promise<readonly WorkerView[]> {
    const shard = this.shardOf(queue);
    return decodeWorkers(shard, await this.read(() => shard.run(scripts.workers, [])));
  }

  cancel(id: string, queue: string): Promise<ActAnswer> {
    return this.act(scripts.cancel, id, queue);
  }

  retry(id: string, queue: string): Promise<ActAnswer> {
    return this.act(scripts.reopen, id, queue);
  }

  remove(id: string, queue: string): Promise<ActAnswer> {
    return this.act(scripts.remove, id, queue);
  }

  pause(queue: string): Promise<void> {
    return this.setPaused(queue, 1);
  }

  resume(queue: string): Promise<void> {
    return this.setPaused(queue, 0);
  }

  async why(id: string, queue: string): Promise<Why | undefined> {
    const job = await this.job(id, queue);
    if (job === undefined) return undefined;
    const address = parseJobId(id, job.queue);
    const [view, workers] = await Promise.all([this.queue(job.queue), this.workers(job.queue)]);
    return explain(this.connection, this.shardOf(job.queue), job, address?.local ?? '', view, workers);
  }

  shardOf(queue: string): Shard {
    let shard = this.shards.get(queue);
    if (shard === undefined) {
      shard = new Shard(this.connection, this.dataSets, this.options.prefix, queue, 0);
      this.shards.set(queue, shard);
    }
    return shard;
  }

  private async setPaused(queue: string, paused: 0 | 1): Promise<void> {
    const shard = this.shardOf(queue);
    await this.read(async () => shard.ask(scripts.pause, [await shard.open(), paused]));
  }

  private async act(script: Script, id: string, queue: string): Promise<ActAnswer> {
    const address = parseJobId(id, queue);
    if (address === undefined) return 'not-found';
    const shard = this.shardOf(address.queue);
    const [answer] = await this.read(async () => shard.ask(script, [await shard.open(), address.local]));
    const known = ACTS.find((candidate) => candidate === answer);
    if (known === undefined) throw new ProdworkError('INTERNAL', `${script.name}: unexpected reply ${String(answer)}`);
    return known;
  }

  /** @throws ProdworkError `QUEUE_UNAVAILABLE` when Redis is away or silent. */
  private async read<T>(ask: () => Promise<T>): Promise<T> {
    try {
      await whenReady(this.connection, CONNECT_WITHIN_MS);
      return await ask();
    } catch (error) {
      if (error instanceof ProdworkError) throw error;
      const message = error instanceof Error ? error.message : String(error);
      throw new ProdworkError('QUEUE_UNAVAILABLE', `Redis did not answer: ${message}`, {
        retryAfterSeconds: 2,
        cause: error,
      });
    }
  }
}
