import type { JobError } from './job.ts';

/** What a worker says when a delivery is over. The engine turns it into one atomic move, or answers `lost`. */
export type Outcome =
  /** The handler returned and `verify` passed. `resultJson` is the result as JSON text. */
  | {
      readonly kind: 'complete';
      readonly resultJson: string;
      readonly verified?: { readonly at: number; readonly evidence: unknown };
    }
  /** The attempt failed; the next one is due in `delayMs`. */
  | { readonly kind: 'retry'; readonly error: JobError; readonly delayMs: number }
  /** The last attempt failed, or the failure is permanent. */
  | { readonly kind: 'bury'; readonly error: JobError }
  /** Handed back unfinished (drain): front of its lane, no attempt spent. */
  | { readonly kind: 'release'; readonly cause: string }
  /** The child process that ran it alone died: counts as a delivery that ended in death, spends no attempt. */
  | { readonly kind: 'crash'; readonly cause: string }
  /** The handler stopped because a cancel was asked for. */
  | { readonly kind: 'cancel' };

/**
 * `committed`: recorded, now or by an earlier copy of the same call.
 * `lost`: the lease is no longer this worker's; nothing was written.
 */
export type SettleAnswer = 'committed' | 'lost';
