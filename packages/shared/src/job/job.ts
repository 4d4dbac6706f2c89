/**
 * A job as it is seen from outside: plain, readonly data. Nothing in here moves itself;
 * the engines move jobs, and `states.ts` says along which edges.
 */
export const JOB_STATES = [
  'blocked',
  'scheduled',
  'waiting',
  'active',
  'completed',
  'dead',
  'cancelled',
  'abandoned',
] as const;
export type JobState = (typeof JOB_STATES)[number];

/** A final state absorbs everything but an operator's `retry`. */
export const FINAL_STATES = ['completed', 'dead', 'cancelled', 'abandoned'] as const;
export type FinalState = (typeof FINAL_STATES)[number];

export const PRIORITIES = ['high', 'normal', 'low'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** `at-least-once` (default) redelivers after a worker's death; `at-most-once` abandons instead. */
export type DeliveryMode = 'at-least-once' | 'at-most-once';

/** How one hand-over to a worker ended. Only `failed` (the handler ran and failed) and `completed` are attempts. */
export const DELIVERY_OUTCOMES = ['completed', 'failed', 'cancelled', 'released', 'crashed'] as const;
export type DeliveryOutcome = (typeof DELIVERY_OUTCOMES)[number];

/** One hand-over of a job to a worker, whatever became of it. Times are epoch ms by the server's clock. */
export interface Delivery {
  /** 1 for the first hand-over of the job's present generation. */
  readonly number: number;
  /** The attempt this hand-over would count as, 1 for the first. */
  readonly attempt: number;
  /** The worker's name. */
  readonly worker: string;
  /** Strictly grows per job; below 2^53. */
  readonly fence: number;
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly outcome?: DeliveryOutcome;
  /** Why it ended, when it did not end well: an error code or a cause of death. */
  readonly cause?: string;
}

export interface JobError {
  /** A stable code, e.g. `HANDLER_FAILED`, `JOB_TIMEOUT`, `VERIFY_FAILED`. */
  readonly code: string;
  readonly message: string;
}

export interface Job {
  readonly id: string;
  readonly type: string;
  readonly queue: string;
  readonly state: JobState;
  /** The value that was submitted (any JSON). */
  readonly payload: unknown;
  readonly result?: unknown;
  readonly verified?: { readonly at: number; readonly evidence: unknown };
  readonly error?: JobError;
  readonly priority: Priority;
  /** Attempts that ended (completed or failed) in the present generation. */
  readonly attempts: number;
  readonly maxAttempts: number;
  /** Longest run of one attempt in ms. Absent: the type's own. */
  readonly timeoutMs?: number;
  /** Words to find it by, as they were submitted. Absent: none. */
  readonly tags?: readonly string[];
  /** What the handler last reported: a number from 0 to 100, or any small JSON value. */
  readonly progress?: unknown;
  /** 1 at submit; an operator's retry of a final job opens the next one. */
  readonly generation: number;
  readonly createdAt: number;
  /** When a scheduled job becomes claimable, epoch ms. */
  readonly runAt?: number;
  readonly finishedAt?: number;
  /** True from the moment a cancel of an active job was asked for. */
  readonly cancelRequested?: boolean;
  /** Hand-overs of the present generation, oldest first; the oldest fall away past 50. */
  readonly deliveries: readonly Delivery[];
}
