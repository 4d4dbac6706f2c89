import type { DeliveryMode, Job, Priority } from '../job/job.ts';
import type { Service } from '../service.ts';

/** A job that has passed every check and is ready to be stored. */
export interface NewJob {
  readonly queue: string;
  readonly type: string;
  /** The payload as JSON text. Engines never look inside. */
  readonly payloadJson: string;
  readonly priority: Priority;
  readonly maxAttempts: number;
  readonly delivery: DeliveryMode;
  /** Longest run of one attempt, ms; absent: the type's own. */
  readonly timeoutMs?: number;
  /** Due this many ms after it is stored, by the server's clock. Not together with `runAt`. */
  readonly delayMs?: number;
  /** Epoch ms; a time in the past, or none, means now. */
  readonly runAt?: number;
  /** Chosen by the caller, unique in its queue. */
  readonly id?: string;
  /** The caller's idempotency key, any text up to 255 characters. */
  readonly idempotencyKey?: string;
  /**
   * What "the same body" means for `id` and `idempotencyKey`: a short hash of what the caller sent. An engine compares
   * this text alone when it is given (a repeated `delayMs` gives another `runAt`, and is still the same body); without
   * it, everything above but the two names is compared.
   */
  readonly fingerprint?: string;
}

/**
 * `stored`: a new job. `exists`: the same id or key with the same body was accepted before; here is that job.
 * `conflict`: the id or key was used with another body.
 */
export type Submitted =
  | { readonly outcome: 'stored'; readonly job: Job }
  | { readonly outcome: 'exists'; readonly job: Job }
  | { readonly outcome: 'conflict'; readonly id: string };

/**
 * Puts jobs into the queue. Calls made in one turn of the event loop travel together.
 */
export interface Submitter extends Service {
  /**
   * Resolves when the job is stored.
   * @throws ProdworkError `QUEUE_UNAVAILABLE` (not stored), `SUBMIT_UNKNOWN` (the answer was lost: it may be stored;
   *   submit again with the same id or key), `QUEUE_FULL` (backlog cap or memory), `PRODWORK_ENGINE_UNSUPPORTED`
   *   (the engine cannot do what was asked).
   */
  submit(job: NewJob): Promise<Submitted>;
}

/** When a job becomes claimable, epoch ms by the clock of `now`; undefined: at once. */
export function dueAt({ delayMs, runAt }: NewJob, now: number): number | undefined {
  const at = delayMs === undefined ? runAt : now + delayMs;
  return at !== undefined && at > now ? at : undefined;
}
