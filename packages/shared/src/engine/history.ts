import type { FinalState, Job } from '../job/job.ts';
import type { Service } from '../service.ts';

/** Finished jobs that the engine holds on to until they are stored, and what it takes to let go of them. */
export interface FinishedBatch {
  /** Oldest finish first. */
  readonly jobs: readonly Job[];
  /** Opaque: what `archived` is given back. */
  readonly receipt: readonly string[];
}

export interface HistoryBacklog {
  /** Finished jobs that are not stored yet. */
  readonly jobs: number;
  /** About how much of the engine's memory they take. */
  readonly bytes: number;
  /** Epoch ms of the oldest one's end; absent when there is none. */
  readonly oldestAt?: number;
  /** Jobs that were given up unstored because the backlog grew past its bound, since the data set began. */
  readonly dropped: number;
}

export interface HistoryRules {
  /** Past this many bytes of backlog the oldest jobs are given up, or, when strict, submits are refused. */
  readonly backlogMaxBytes: number;
  readonly isStrict: boolean;
}

/**
 * What an archiver needs from an engine, for one queue. Once `keep` was called, the engine prunes no finished job before
 * `archived` has named it, but for the rules' bound; this holds for every process on the queue, and across restarts.
 */
export interface HistorySource extends Service {
  /** Switches the holding-on on, with these rules; the same again changes nothing. */
  keep(rules: HistoryRules): Promise<void>;
  /** Ends the holding-on: finished jobs are pruned as if there were no history. */
  release(): Promise<void>;
  /** The oldest finished jobs that are not stored; none when there are none. */
  finished(limit: number): Promise<FinishedBatch>;
  /** These are stored. A job that was reopened and finished again since is not meant. May be called twice. */
  archived(receipt: readonly string[]): Promise<void>;
  backlog(): Promise<HistoryBacklog>;
}

export interface HistoryFilter {
  readonly queue: string;
  readonly id?: string;
  readonly state?: FinalState;
  readonly type?: string;
  readonly tag?: string;
  /** Words that all occur in the job (payload, result, error, id); `"a phrase"`, `or` and `-not` are understood. */
  readonly q?: string;
  /** Finished at or after, epoch ms. */
  readonly from?: number;
  /** Finished before, epoch ms. */
  readonly to?: number;
  /** From the page before. */
  readonly cursor?: string;
  /** 1 to 200. */
  readonly limit: number;
}

export interface HistoryPage {
  /** Latest finish first. */
  readonly jobs: readonly Job[];
  /** Absent on the last page. */
  readonly cursor?: string;
}

/** Reads what was stored. Everything it throws is a ProdworkError fit to be answered. */
export interface HistoryReader {
  /** The latest job of this id that was stored, and its latest generation. Chosen ids are looked for in `queue`. */
  find(id: string, queue: string): Promise<Job | undefined>;
  search(filter: HistoryFilter): Promise<HistoryPage>;
}

export interface HistoryWriter {
  /** Stores each job once per generation (a chosen id that came again later is another job); what is there already stays as it is. @returns how many were new. */
  store(jobs: readonly Job[]): Promise<number>;
  /** Deletes up to `limit` jobs that finished before `before` (epoch ms). @returns how many. */
  expire(before: number, limit: number): Promise<number>;
}
