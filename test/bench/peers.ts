import type { QueueSettings } from 'bee-queue';
import type { QueueOptions, WorkerOptions } from 'bullmq';
import type { QueueOptions as GroupQueueOptions, WorkerOptions as GroupWorkerOptions } from 'groupmq';
import { KEEP, type Payload } from './systems/system.ts';

/**
 * Every setting of every peer that differs from its default, with its reason. The rule: equal function where it can be
 * had (a lease, a result that is kept, 10,000 completed jobs kept, the job readable by id, AOF everysec underneath), and
 * beyond that whatever makes the peer faster. Whoever finds a better setting for a peer should send it.
 */
export const BULLMQ = {
  queue: {
    defaultJobOptions: {
      // As ours: finished jobs are kept by count. Without it every job is kept for ever, which is faster to settle but
      // no way to run a queue.
      removeOnComplete: { count: KEEP },
      removeOnFail: { count: KEEP },
      // As ours by default: three attempts.
      attempts: 3,
    },
  } satisfies Partial<QueueOptions>,
  worker: {
    // Its defaults: lock of 30 s renewed at half of that, stalled check every 30 s, events stream of 10,000 entries.
    // Metrics are off by default and stay off, though ours are on.
    removeOnComplete: { count: KEEP },
    removeOnFail: { count: KEEP },
  } satisfies Partial<WorkerOptions>,
  // ioredis `enableAutoPipelining` was tried: 0.54 of the speed. It stays off.
} as const;

export const BEE_QUEUE = {
  producer: {
    // A producer that is no worker opens no blocking connection.
    isWorker: false,
    // Nobody listens to results in this process; both would only cost.
    getEvents: false,
    sendEvents: false,
    // Otherwise the producer keeps every job object in memory for events that do not come.
    storeJobs: false,
  } satisfies QueueSettings,
  worker: {
    getEvents: false,
    // One PUBLISH per job that nobody reads: off is faster.
    sendEvents: false,
    storeJobs: false,
    // Results stay readable. It cannot keep by count: all or nothing, so it keeps all of them and never has to trim.
    removeOnSuccess: false,
    // Delayed jobs are not part of its scenarios.
    activateDelayedJobs: false,
  } satisfies QueueSettings,
  /** Retries of a failed job; with the first try, as many attempts as ours. */
  retries: 2,
} as const;

export const GROUPMQ = {
  queue: {
    // Its default is to keep none.
    keepCompleted: KEEP,
    keepFailed: KEEP,
    // Many submits share a call: measured somewhat faster than without. It says itself that what is in the buffer is lost
    // with the process; `add` resolves only after the call, so what is counted as accepted is stored.
    autoBatch: { size: 100, maxWaitMs: 1 },
    maxAttempts: 3,
  } satisfies Partial<GroupQueueOptions>,
  // Its workers run with their defaults: job timeout 30 s, heartbeat at a third of that, completion and next reserve in
  // one call.
  worker: {} satisfies Partial<GroupWorkerOptions<Payload>>,
  /**
   * Only one job of a group runs at a time, so two workers with 100 slots need 200 groups. More make it slower: of 5,000
   * jobs it drained 22k a second with 100 groups, 11k with 1,000, 4k with a group per job.
   */
  groups: 200,
} as const;

/** Redis, the same for all of them, in a process and folder of its own per run. */
export const REDIS_ARGS = [
  // AOF everysec and noeviction are set by test/support/redis-server.ts. A rewrite in the middle of a run would be
  // noise, and would hide how many bytes a job costs.
  '--auto-aof-rewrite-percentage',
  '0',
  '--appendfsync',
  'everysec',
  '--loglevel',
  'warning',
] as const;
