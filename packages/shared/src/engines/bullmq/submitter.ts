import { type JobsOptions, Queue } from 'bullmq';
import { bodyDigest } from '../../engine/body-digest.ts';
import { dueAt, type NewJob, type Submitted, type Submitter } from '../../engine/submitter.ts';
import { refuseBeyondPromises } from '../../engine/unsupported.ts';
import { ProdworkError } from '../../errors.ts';
import { formatJobId, randomLocalId } from '../../job/ids.ts';
import type { Job } from '../../job/job.ts';
import { LIMITS } from '../../job/limits.ts';
import {
  type Connection,
  closeConnection,
  createConnection,
  keepConnected,
  whenReady,
} from '../../redis/connections.ts';
import { runScript } from '../../redis/script.ts';
import { submitFault } from '../../redis/submit-faults.ts';
import type { EngineOptions } from '../open.ts';
import { nameKey, type OwnOptions, PRIORITY_NUMBER, queueKeys, queuesKey } from './layout.ts';
import { readJobs } from './read.ts';
import { confirm, reserve } from './scripts.ts';

const CONNECT_WITHIN_MS = 1_500;
const SILENCE_MS = 2_000;
/** A name is kept this long beyond the due time while its job has not ended; after the end, a day. */
const NAME_LIFE_MS = 7 * LIMITS.rememberMs;

export class BullmqSubmitter implements Submitter {
  readonly #options: EngineOptions;
  readonly #connection: Connection;
  readonly #queues = new Map<string, Promise<Queue>>();
  #connecting: Promise<void> | undefined;
  #isStopped = false;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#connection = createConnection(options.redisUrl, { name: `${options.prefix}:submit`, silenceMs: SILENCE_MS });
  }

  async start(): Promise<void> {
    keepConnected(this.#connection);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    closeConnection(this.#connection);
  }

  async submit(job: NewJob): Promise<Submitted> {
    refuseBeyondPromises('bullmq', job, Date.now());
    if (this.#isStopped) throw new ProdworkError('QUEUE_UNAVAILABLE', 'the submitter is stopped');
    let isSent = false;
    try {
      await this.#ready();
      const queue = await this.#open(job.queue);
      const place = await this.#reserve(job);
      if ('answer' in place) return place.answer;
      isSent = true;
      return await this.#add(queue, job, place);
    } catch (error) {
      const fault = submitFault(error);
      // What is lost before the job itself was sent stored nothing.
      if (fault.code !== 'SUBMIT_UNKNOWN' || isSent) throw fault;
      throw new ProdworkError('QUEUE_UNAVAILABLE', 'the connection ended; nothing was stored', {
        retryAfterSeconds: 2,
      });
    }
  }

  async #reserve(job: NewJob): Promise<{ answer: Submitted } | { id: string; names: string[]; isNew: boolean }> {
    const keys = queueKeys(this.#options.prefix, job.queue);
    const names = [
      ...(job.id === undefined ? [] : [nameKey(keys, 'id', job.id)]),
      ...(job.idempotencyKey === undefined ? [] : [nameKey(keys, 'key', job.idempotencyKey)]),
    ];
    const fresh = job.id ?? formatJobId(job.queue, 0, randomLocalId());
    const lists = ['wait', 'paused', 'prioritized', 'delayed', 'active'].map(keys.of);
    const life = NAME_LIFE_MS + Math.max(0, (dueAt(job, Date.now()) ?? 0) - Date.now());
    const args = [this.#options.backlogMax, 1, fresh, bodyDigest(job), life];
    const reply = await runScript(this.#connection, reserve, [...lists, ...names], args);
    const [tag, id, state] = Array.isArray(reply) ? reply.map(String) : [];
    if (tag === 'full') {
      throw new ProdworkError('QUEUE_FULL', `the queue ${job.queue} is at its backlog cap`, { retryAfterSeconds: 5 });
    }
    if (id === undefined) throw new ProdworkError('INTERNAL', 'bullmq-reserve: unexpected reply');
    if (tag === 'conflict') return { answer: { outcome: 'conflict', id } };
    if (tag === 'new' || state === 'r') return { id, names, isNew: tag === 'new' };
    const [known] = await readJobs(this.#connection, keys, [id], job.queue);
    // Pruned since: the body is the same, so it can be shown from what was sent.
    return { answer: { outcome: 'exists', job: known ?? { ...storedJob(job, id, 0), state: 'completed' } } };
  }

  async #add(
    queue: Queue,
    job: NewJob,
    { id, names, isNew }: { id: string; names: readonly string[]; isNew: boolean },
  ): Promise<Submitted> {
    const now = Date.now();
    const runAt = dueAt(job, now);
    const own: OwnOptions = {
      ...(job.timeoutMs === undefined ? {} : { timeoutMs: job.timeoutMs }),
      ...(names.length > 0 ? { names } : {}),
    };
    const options: JobsOptions & { prodwork: OwnOptions } = {
      jobId: id,
      timestamp: now,
      priority: PRIORITY_NUMBER[job.priority],
      attempts: job.maxAttempts,
      // For plain BullMQ workers; ours say the delay themselves.
      backoff: { type: 'exponential', delay: 1_000, jitter: 0.2 },
      ...(runAt === undefined ? {} : { delay: runAt - now }),
      prodwork: own,
    };
    // Adding an id that is there already changes nothing: a repeat after a lost answer is safe.
    await queue.add(job.type, JSON.parse(job.payloadJson), options);
    if (names.length > 0) await runScript(this.#connection, confirm, names, []);
    return { outcome: isNew ? 'stored' : 'exists', job: storedJob(job, id, now) };
  }

  /** One wait for all submits that come while the connection is away. */
  async #ready(): Promise<void> {
    if (this.#connection.status === 'ready') return;
    this.#connecting ??= whenReady(this.#connection, CONNECT_WITHIN_MS).finally(() => {
      this.#connecting = undefined;
    });
    await this.#connecting;
  }

  /** Opened once, also for submits that come together: each would otherwise wait for a queue of its own, in any order. */
  #open(name: string): Promise<Queue> {
    const known = this.#queues.get(name);
    if (known) return known;
    const opening = this.#openAnew(name);
    this.#queues.set(name, opening);
    opening.catch(() => this.#queues.delete(name));
    return opening;
  }

  async #openAnew(name: string): Promise<Queue> {
    await this.#connection.sadd(queuesKey(this.#options.prefix), name);
    const { prefix } = queueKeys(this.#options.prefix, name);
    const queue = new Queue(name, { connection: this.#connection, prefix });
    queue.on('error', () => {});
    await queue.waitUntilReady();
    return queue;
  }
}

function storedJob(job: NewJob, id: string, now: number): Job {
  const runAt = dueAt(job, now);
  return {
    id,
    type: job.type,
    queue: job.queue,
    state: runAt === undefined ? 'waiting' : 'scheduled',
    payload: JSON.parse(job.payloadJson),
    priority: job.priority,
    attempts: 0,
    maxAttempts: job.maxAttempts,
    generation: 1,
    createdAt: now,
    deliveries: [],
    ...(job.timeoutMs === undefined ? {} : { timeoutMs: job.timeoutMs }),
    ...(runAt === undefined ? {} : { runAt }),
  };
}
