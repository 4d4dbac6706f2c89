import { createHash } from 'node:crypto';
import { bodyDigest } from '../../engine/body-digest.ts';
import type { NewJob, Submitted, Submitter } from '../../engine/submitter.ts';
import { isProdworkError, ProdworkError } from '../../errors.ts';
import { bytesPast } from '../../job/bytes-past.ts';
import { formatJobId, randomLocalId } from '../../job/ids.ts';
import type { Job } from '../../job/job.ts';
import { readStoredJson } from '../../job/stored-json.ts';
import {
  type Connection,
  closeConnection,
  createConnection,
  keepConnected,
  whenReady,
} from '../../redis/connections.ts';
import { isAnswered, isReply, type ScriptArg } from '../../redis/script.ts';
import type { EngineOptions } from '../open.ts';
import { Durability } from './durability.ts';
import { decodeJob } from './job-view.ts';
import { encodeRecord, laneOf } from './record.ts';
import { scripts } from './scripts.ts';
import { type DataSets, Shard } from './shard.ts';

/** Jobs and bytes that travel in one call, at most. */
const BATCH_JOBS = 500;
const BATCH_BYTES = 256 * 1024;
/** So many are sent without waiting for the end of the turn, as long as no more than that are under way. */
const EARLY_JOBS = 50;
/** Records of more bytes are not read many at once: the script is told when there is one. */
const LARGE_RECORD = 2 * 1024;
/** How long a submit waits for a connection that is coming back, ms: the answer is due within 2 s. */
const CONNECT_WITHIN_MS = 1_500;
const SILENCE_MS = 2_000;

interface Pending {
  readonly job: NewJob;
  readonly local: string;
  readonly resolve: (submitted: Submitted) => void;
  readonly reject: (error: unknown) => void;
}

/** Submits of one turn of the event loop, and of one queue, share a script call, or a few when they are many. */
export class LeaseSubmitter implements Submitter {
  private readonly options: EngineOptions;
  private readonly dataSets: DataSets;
  private readonly connection: Connection;
  private readonly shards = new Map<string, Shard>();
  private readonly pending = new Map<string, Pending[]>();
  /** Only with `QUEUE_DURABILITY=fsync`. */
  private readonly disk: Durability | undefined;
  private isStopped = false;
  private unanswered = 0;
  /** Server clock minus ours, ms: times in records are the server's. */
  private skewMs = 0;

  constructor(options: EngineOptions, dataSets: DataSets) {
    this.options = options;
    this.dataSets = dataSets;
    this.connection = createConnection(options.redisUrl, { name: `${options.prefix}:submit`, silenceMs: SILENCE_MS });
    if (options.durability === 'fsync') this.disk = new Durability(this.connection);
  }

  async start(): Promise<void> {
    keepConnected(this.connection);
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    closeConnection(this.connection);
  }

  submit(job: NewJob): Promise<Submitted> {
    if (this.isStopped) return Promise.reject(new ProdworkError('QUEUE_UNAVAILABLE', 'the submitter is stopped'));
    return new Promise((resolve, reject) => {
      const entry = { job, local: job.id === undefined ? randomLocalId() : `=${job.id}`, resolve, reject };
      const batch = this.pending.get(job.queue);
      if (batch === undefined) {
        this.pending.set(job.queue, [entry]);
        // While nothing is under way there is nothing to wait for but the caller, who may submit more in the same breath.
        if (this.unanswered === 0) queueMicrotask(() => this.flush(job.queue));
        else setImmediate(() => this.flush(job.queue));
      } else if (batch.push(entry) >= Math.max(EARLY_JOBS, this.unanswered)) {
        // Enough for a call of its own: Redis works on it while the rest is put together.
        this.flush(job.queue);
      }
    });
  }

  private flush(queue: string): void {
    const waiting = this.pending.get(queue) ?? [];
    this.pending.delete(queue);
    this.unanswered += waiting.length;
    let batch: Pending[] = [];
    let bytes = 0;
    for (const entry of waiting) {
      const length = entry.job.payloadJson.length;
      if (batch.length > 0 && (batch.length >= BATCH_JOBS || bytes + length > BATCH_BYTES)) {
        void this.send(queue, batch);
        batch = [];
        bytes = 0;
      }
      batch.push(entry);
      bytes += length;
    }
    if (batch.length > 0) void this.send(queue, batch);
  }

  private async send(queue: string, batch: readonly Pending[]): Promise<void> {
    const shard = this.shardOf(queue);
    try {
      const { createdAt, reply } = await this.store(shard, batch).finally(() => {
        // Before anybody is told: callers that waited submit their next jobs at once, and those may go out early.
        this.unanswered -= batch.length;
      });
      await this.answer(shard, batch, createdAt, reply);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  private async store(
    shard: Shard,
    batch: readonly Pending[],
  ): Promise<{ readonly createdAt: number; readonly reply: readonly unknown[] }> {
    if (this.connection.status !== 'ready') await whenReady(this.connection, CONNECT_WITHIN_MS);
    const epoch =
      shard.epoch ??
      (await shard.open().catch((error: unknown) => {
        throw notStored(error);
      }));
    const sentAt = Date.now();
    const createdAt = sentAt + this.skewMs;
    const spans: ScriptArg[] = [];
    const records: ScriptArg[] = [];
    const keyed: ScriptArg[] = [];
    const span = { lane: '', runAt: 0, jobs: 0 };
    let hasLarge = false;
    const endSpan = (): void => {
      if (span.jobs > 0) spans.push(span.lane, span.runAt, span.jobs);
    };
    for (const [index, { job, local }] of batch.entries()) {
      const runAt = runAtOf(job, createdAt);
      const lane = laneOf(job.type, job.priority, job.delivery);
      if (lane !== span.lane || runAt !== span.runAt) {
        endSpan();
        Object.assign(span, { lane, runAt, jobs: 0 });
      }
      span.jobs++;
      const record = encodeRecord(job, lane, createdAt, runAt);
      records.push(local, record);
      hasLarge ||= bytesPast(record, LARGE_RECORD) !== undefined;
      for (const name of rememberedNames(job)) keyed.push(index + 1, name, bodyDigest(job));
    }
    endSpan();
    const head = [epoch, this.options.backlogMax, batch.length, keyed.length / 3, hasLarge ? 1 : 0, spans.length / 3];
    const args = [...head, ...spans, ...records, ...keyed];
    const reply = await this.ask(shard, args, batch);
    this.skewMs = Math.round(Number(reply[1]) - (sentAt + Date.now()) / 2);
    return { createdAt, reply };
  }

  /** One script call, and for `fsync` the wait for the disk; each way to fail says what is known of the jobs. */
  private async ask(shard: Shard, args: readonly ScriptArg[], batch: readonly Pending[]): Promise<readonly unknown[]> {
    const [key] = shard.keys.script;
    let reply: readonly unknown[];
    try {
      if (this.disk !== undefined) await this.disk.check(key);
      reply = await shard.ask(scripts.submit, args);
    } catch (error) {
      if (isReply(error, 'OOM'))
        throw new ProdworkError('QUEUE_FULL', 'Redis has no memory left', { retryAfterSeconds: 5 });
      if (isAnswered(error) || isProdworkError(error)) throw notStored(error);
      throw unknownFate(batch, 'the connection ended before the answer came');
    }
    const fault = await this.disk?.fault(key);
    if (fault !== undefined) throw unknownFate(batch, fault);
    return reply;
  }

  private async answer(
    shard: Shard,
    batch: readonly Pending[],
    createdAt: number,
    reply: readonly unknown[],
  ): Promise<void> {
    const refusals = new Map<number, { status: string; local: string }>();
    for (let at = 2; at < reply.length; at += 3) {
      refusals.set(Number(reply[at]) - 1, { status: String(reply[at + 1]), local: String(reply[at + 2]) });
    }
    for (const [index, entry] of batch.entries()) {
      const refusal = refusals.get(index);
      if (refusal === undefined) entry.resolve({ outcome: 'stored', job: newJob(shard, entry, createdAt) });
      else await this.refuse(shard, entry, refusal);
    }
  }

  private async refuse(
    shard: Shard,
    entry: Pending,
    { status, local }: { status: string; local: string },
  ): Promise<void> {
    const id = formatJobId(shard.queue, shard.number, local);
    if (status === 'F') {
      const rule = `at most ${this.options.backlogMax} unfinished jobs`;
      entry.reject(new ProdworkError('QUEUE_FULL', `the queue is full: ${rule}`, { rule, retryAfterSeconds: 5 }));
    } else if (status === 'K') {
      entry.resolve({ outcome: 'conflict', id });
    } else {
      try {
        const [shown] = await shard.run(scripts.show, [local]);
        const gone = (): Job => ({ ...newJob(shard, { ...entry, local }, 0, 0), state: 'completed' });
        entry.resolve({ outcome: 'exists', job: decodeJob(shard, local, shown) ?? gone() });
      } catch (error) {
        entry.reject(notStored(error));
      }
    }
  }

  private shardOf(queue: string): Shard {
    let shard = this.shards.get(queue);
    if (shard === undefined) {
      shard = new Shard(this.connection, this.dataSets, this.options.prefix, queue, 0);
      this.shards.set(queue, shard);
    }
    return shard;
  }
}

/** When a job is due, epoch ms; 0 for at once. */
const runAtOf = (job: NewJob, createdAt: number): number =>
  job.delayMs !== undefined ? createdAt + job.delayMs : (job.runAt ?? 0);

function newJob(
  shard: Shard,
  { job, local }: Pending,
  createdAt: number,
  runAt: number = runAtOf(job, createdAt),
): Job {
  const isScheduled = runAt > createdAt;
  return {
    id: formatJobId(shard.queue, shard.number, local),
    type: job.type,
    queue: shard.queue,
    state: isScheduled ? 'scheduled' : 'waiting',
    payload: readStoredJson(job.payloadJson),
    priority: job.priority,
    attempts: 0,
    maxAttempts: job.maxAttempts,
    ...(job.timeoutMs === undefined ? {} : { timeoutMs: job.timeoutMs }),
    generation: 1,
    createdAt,
    ...(isScheduled ? { runAt } : {}),
    deliveries: [],
  };
}

const NONE: readonly string[] = [];

function rememberedNames(job: NewJob): readonly string[] {
  if (job.id === undefined && job.idempotencyKey === undefined) return NONE;
  const names = job.id === undefined ? [] : [`=${job.id}`];
  if (job.idempotencyKey !== undefined)
    names.push(`#${createHash('sha256').update(job.idempotencyKey).digest('base64url')}`);
  return names;
}

function notStored(error: unknown): unknown {
  if (isProdworkError(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ProdworkError('QUEUE_UNAVAILABLE', `nothing was stored: ${message}`, {
    retryAfterSeconds: 2,
    cause: error,
  });
}

function unknownFate(batch: readonly Pending[], why: string): ProdworkError {
  const [only] = batch.length === 1 ? batch : [];
  return new ProdworkError('SUBMIT_UNKNOWN', `${why}; the job may be stored: submit again with the same id or key`, {
    retryAfterSeconds: 2,
    ...(only?.job.id === undefined ? {} : { jobId: only.job.id }),
  });
}
