import { Queue } from 'bullmq';
import type { ActAnswer, Inspector, JobFilter, JobPage, QueueView, Why, WorkerView } from '../../engine/inspector.ts';
import { parseJobId } from '../../job/ids.ts';
import type { Job } from '../../job/job.ts';
import {
  type Connection,
  closeConnection,
  createConnection,
  keepConnected,
  whenReady,
} from '../../redis/connections.ts';
import { Roster } from '../../redis/roster.ts';
import { runScript } from '../../redis/script.ts';
import type { EngineOptions } from '../open.ts';
import { cancelJob } from './cancel.ts';
import { type QueueKeys, queueKeys, queuesKey } from './layout.ts';
import { listPage } from './pages.ts';
import { readJobs } from './read.ts';
import { reopen } from './scripts.ts';
import { explain } from './why.ts';

const CONNECT_WITHIN_MS = 1_500;
export class BullmqInspector implements Inspector {
  readonly #options: EngineOptions;
  readonly #connection: Connection;
  readonly #queues = new Map<string, Queue>();

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#connection = createConnection(options.redisUrl, { name: `${options.prefix}:inspect`, silenceMs: 2_000 });
  }

  async start(): Promise<void> {
    keepConnected(this.#connection);
  }

  async stop(): Promise<void> {
    closeConnection(this.#connection);
  }

  async job(id: string, queue: string): Promise<Job | undefined> {
    const name = this.#queueOf(id, queue);
    if (name === undefined) return undefined;
    await this.#ready();
    return (await readJobs(this.#connection, this.#keys(name), [id], name))[0];
  }

  async jobs(ids: readonly string[], queue: string): Promise<readonly (Job | undefined)[]> {
    return Promise.all(ids.map((id) => this.job(id, queue)));
  }

  async list(filter: JobFilter): Promise<JobPage> {
    await this.#ready();
    return listPage(this.#connection, this.#keys(filter.queue), filter);
  }

  async queues(): Promise<readonly QueueView[]> {
    await this.#ready();
    const names = await this.#connection.smembers(queuesKey(this.#options.prefix));
    return Promise.all(names.sort().map((name) => this.queue(name)));
  }

  async queue(name: string): Promise<QueueView> {
    await this.#ready();
    const { of } = this.#keys(name);
    const redis = this.#connection;
    const [
      wait,
      legacy,
      prioritized,
      scheduled,
      active,
      completed,
      failed,
      cancelled,
      added,
      totals,
      isPaused,
      oldest,
    ] = await Promise.all([
      redis.llen(of('wait')),
      redis.llen(of('paused')),
      redis.zcard(of('prioritized')),
      redis.zcard(of('delayed')),
      redis.llen(of('active')),
      redis.zcard(of('completed')),
      redis.zcard(of('failed')),
      redis.zintercard(2, of('pw-cancelled'), of('failed')),
      redis.get(of('id')),
      redis.hgetall(of('pw-totals')),
      redis.hexists(of('meta'), 'paused'),
      this.#oldest(name),
    ]);
    const total = (field: string): number => Number(totals[field] ?? 0);
    return {
      name,
      isPaused: isPaused === 1,
      counts: {
        blocked: 0,
        scheduled,
        waiting: wait + legacy + prioritized,
        active,
        completed,
        dead: failed - cancelled,
        cancelled,
        abandoned: 0,
      },
      oldestWaitingMs: oldest,
      totals: {
        submitted: Number(added ?? 0),
        completed: total('completed'),
        failedAttempts: total('failedAttempts'),
        dead: total('dead'),
        redelivered: total('redelivered'),
      },
    };
  }

  async workers(queue: string): Promise<readonly WorkerView[]> {
    await this.#ready();
    const keys = this.#keys(queue);
    const roster = new Roster({
      connection: this.#connection,
      key: keys.of('pw-workers'),
      leaseMs: this.#options.leaseMs,
    });
    const [workers, ids] = await Promise.all([roster.list(), this.#connection.lrange(keys.of('active'), 0, 999)]);
    const active = (await readJobs(this.#connection, keys, ids, queue)).filter((job) => job !== undefined);
    return workers.map((worker) => ({
      ...worker,
      jobs: active.flatMap(({ id, type, deliveries }) => {
        const last = deliveries.at(-1);
        return last?.worker === worker.name && last.endedAt === undefined
          ? [{ id, type, startedAt: last.startedAt }]
          : [];
      }),
    }));
  }

  async cancel(id: string, queue: string): Promise<ActAnswer> {
    const name = this.#queueOf(id, queue);
    if (name === undefined) return 'not-found';
    await this.#ready();
    return cancelJob(this.#connection, this.#keys(name), id);
  }

  async retry(id: string, queue: string): Promise<ActAnswer> {
    const job = await this.job(id, queue);
    if (!job) return 'not-found';
    if (job.state === 'completed') return 'refused';
    if (job.state !== 'dead' && job.state !== 'cancelled') return 'unchanged';
    const { of } = this.#keys(job.queue);
    const keys = [of(id), of('failed'), of('pw-cancelled')];
    if ((await runScript(this.#connection, reopen, keys, [id])) !== 1) return 'unchanged';
    const bull = await this.#open(job.queue).getJob(id);
    if (!bull) return 'not-found';
    await bull.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
    return 'reopened';
  }

  async remove(id: string, queue: string): Promise<ActAnswer> {
    const job = await this.job(id, queue);
    if (!job) return 'not-found';
    if (job.state === 'active') return 'refused';
    const bull = await this.#open(job.queue).getJob(id);
    if (!bull) return 'not-found';
    // BullMQ refuses by an error when a worker has locked it meanwhile.
    const isRemoved = await bull.remove().then(
      () => true,
      () => false,
    );
    if (isRemoved) await this.#connection.zrem(this.#keys(job.queue).of('pw-cancelled'), id);
    return isRemoved ? 'removed' : 'refused';
  }

  async pause(queue: string): Promise<void> {
    await this.#ready();
    await this.#open(queue).pause();
  }

  async resume(queue: string): Promise<void> {
    await this.#ready();
    await this.#open(queue).resume();
  }

  async why(id: string, queue: string): Promise<Why | undefined> {
    const job = await this.job(id, queue);
    if (!job) return undefined;
    if (job.state !== 'waiting') return explain(job, false, []);
    const [{ isPaused }, workers] = await Promise.all([this.queue(job.queue), this.workers(job.queue)]);
    return explain(job, isPaused, workers);
  }

  /** How long the job at the head of the waiting ones has waited, ms. */
  async #oldest(queue: string): Promise<number> {
    const keys = this.#keys(queue);
    const [listed, [first], [seconds, micros]] = await Promise.all([
      this.#connection.lindex(keys.of('wait'), -1),
      this.#connection.zrange(keys.of('prioritized'), '0', '0'),
      this.#connection.time(),
    ]);
    const ids = [listed, first].filter((id) => typeof id === 'string');
    const jobs = await readJobs(this.#connection, keys, ids, queue);
    const now = Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
    return jobs.reduce((longest, job) => Math.max(longest, job ? now - job.createdAt : 0), 0);
  }

  /** A plain BullMQ id is a number, which is no id of ours: it is looked for in the queue that was named. */
  #queueOf(id: string, queue: string): string | undefined {
    return parseJobId(id, queue)?.queue ?? (/^[1-9]\d{0,15}$/.test(id) ? queue : undefined);
  }

  #open(name: string): Queue {
    const known = this.#queues.get(name);
    if (known) return known;
    const queue = new Queue(name, { connection: this.#connection, prefix: this.#keys(name).prefix });
    queue.on('error', () => {});
    this.#queues.set(name, queue);
    return queue;
  }

  #keys(queue: string): QueueKeys {
    return queueKeys(this.#options.prefix, queue);
  }

  #ready(): Promise<void> {
    return whenReady(this.#connection, CONNECT_WITHIN_MS);
  }
}
