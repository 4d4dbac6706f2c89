import { dueAt, type NewJob } from '../../engine/submitter.ts';
import type { Delivery, DeliveryMode, DeliveryOutcome, Job, JobError, JobState, Priority } from '../../job/job.ts';
import { readStoredJson } from '../../job/stored-json.ts';

/** A job as this engine keeps it: one mutable record, moved by `moves.ts` alone. */
export interface MemoryJob {
  readonly id: string;
  readonly queue: string;
  readonly type: string;
  readonly payloadJson: string;
  readonly priority: Priority;
  readonly maxAttempts: number;
  readonly delivery: DeliveryMode;
  readonly timeoutMs: number | undefined;
  readonly key: string | undefined;
  readonly digest: string;
  readonly createdAt: number;
  /** Order of submission in its queue: pages go by it. */
  readonly seq: number;
  state: JobState;
  generation: number;
  /** Of this generation. */
  attempts: number;
  handOvers: number;
  deaths: number;
  /** The highest fence ever given out, over all generations. */
  fence: number;
  runAt: number | undefined;
  finishedAt: number | undefined;
  resultJson: string | undefined;
  verified: { readonly at: number; readonly evidence: unknown } | undefined;
  error: JobError | undefined;
  progressJson: string | undefined;
  isCancelRequested: boolean;
  deliveries: Delivery[];
}

const DELIVERIES_KEPT = 50;

export function newRecord(job: NewJob, id: string, digest: string, seq: number, now: number): MemoryJob {
  const runAt = dueAt(job, now);
  return {
    id,
    queue: job.queue,
    type: job.type,
    payloadJson: job.payloadJson,
    priority: job.priority,
    maxAttempts: job.maxAttempts,
    delivery: job.delivery,
    timeoutMs: job.timeoutMs,
    key: job.idempotencyKey,
    digest,
    createdAt: now,
    seq,
    state: runAt === undefined ? 'waiting' : 'scheduled',
    generation: 1,
    attempts: 0,
    handOvers: 0,
    deaths: 0,
    fence: 0,
    runAt,
    finishedAt: undefined,
    resultJson: undefined,
    verified: undefined,
    error: undefined,
    progressJson: undefined,
    isCancelRequested: false,
    deliveries: [],
  };
}

/** Writes down that a hand-over began. */
export function beginDelivery(job: MemoryJob, worker: string, startedAt: number): void {
  const begun = { number: job.handOvers, attempt: job.attempts + 1, worker, fence: job.fence, startedAt };
  job.deliveries = [...job.deliveries, begun].slice(-DELIVERIES_KEPT);
}

/** Writes down how the latest hand-over ended. */
export function endDelivery(job: MemoryJob, endedAt: number, outcome: DeliveryOutcome, cause?: string): void {
  job.deliveries = job.deliveries.map((delivery) =>
    delivery.fence === job.fence && delivery.endedAt === undefined
      ? { ...delivery, endedAt, outcome, ...(cause === undefined ? {} : { cause }) }
      : delivery,
  );
}

/** The job as everybody sees it. */
export function viewOf(job: MemoryJob): Job {
  return {
    id: job.id,
    type: job.type,
    queue: job.queue,
    state: job.state,
    payload: readStoredJson(job.payloadJson),
    ...(job.resultJson === undefined ? {} : { result: readStoredJson(job.resultJson) }),
    ...(job.verified === undefined ? {} : { verified: job.verified }),
    ...(job.error === undefined ? {} : { error: job.error }),
    priority: job.priority,
    attempts: job.attempts,
    maxAttempts: job.maxAttempts,
    ...(job.timeoutMs === undefined ? {} : { timeoutMs: job.timeoutMs }),
    ...(job.progressJson === undefined ? {} : { progress: readStoredJson(job.progressJson) }),
    generation: job.generation,
    createdAt: job.createdAt,
    ...(job.runAt === undefined ? {} : { runAt: job.runAt }),
    ...(job.finishedAt === undefined ? {} : { finishedAt: job.finishedAt }),
    ...(job.isCancelRequested ? { cancelRequested: true } : {}),
    deliveries: job.deliveries,
  };
}
