import type { Job, JobState } from '../job/job.ts';
import type { Service } from '../service.ts';

export interface WorkerView {
  /** New for each start. */
  readonly id: string;
  readonly name: string;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  readonly startedAt: number;
  readonly heartbeatAt: number;
  readonly state: 'running' | 'draining' | 'quiet' | 'missing';
  readonly slots: number;
  readonly types: readonly string[];
  readonly jobs: readonly { readonly id: string; readonly type: string; readonly startedAt: number }[];
  readonly rssBytes?: number;
  readonly restarts?: number;
  readonly lastDeath?: string;
}

/** Jobs per state. A state that the engine does not have stays 0. */
export type StateCounts = { readonly [state in JobState]: number };

export interface QueueView {
  readonly name: string;
  readonly isPaused: boolean;
  readonly counts: StateCounts;
  /** Age in ms of the job that has waited longest; 0 when nothing waits. The signal to scale on. */
  readonly oldestWaitingMs: number;
  /** Since the data set began; a counter's resets are visible as a drop. */
  readonly totals: {
    readonly submitted: number;
    readonly completed: number;
    readonly failedAttempts: number;
    readonly dead: number;
    readonly redelivered: number;
  };
}

export interface JobFilter {
  readonly queue: string;
  readonly state?: JobState;
  readonly type?: string;
  /** Text looked for in id and payload: a bounded scan. */
  readonly q?: string;
  /** From the page before. */
  readonly cursor?: string;
  /** 1 to 200. */
  readonly limit: number;
}

export interface JobPage {
  readonly jobs: readonly Job[];
  /** Absent on the last page. */
  readonly cursor?: string;
  /** How many jobs were looked at for this page. */
  readonly scanned: number;
}

/**
 * `cancelled` and `reopened`: done. `requested`: the job is active, its handler was told. `unchanged`: it is already
 * what was asked for. `refused`: its state does not allow it. `not-found`: no such job.
 */
export type ActAnswer = 'cancelled' | 'requested' | 'reopened' | 'removed' | 'unchanged' | 'refused' | 'not-found';

/** Why a job is not running: a stable reason, words for people, and what would change it. */
export interface Why {
  readonly state: JobState;
  readonly reason:
    | 'final'
    | 'active'
    | 'cancel-requested'
    | 'paused'
    | 'due-later'
    | 'no-able-worker'
    | 'no-worker'
    | 'no-free-slot'
    | 'about-to-start'
    | 'blocked';
  readonly detail: string;
  /** For `waiting`: jobs ahead of it in its own lane. */
  readonly ahead?: number;
}

/** Reads, and the acts of people. Never on the path of a job. */
export interface Inspector extends Service {
  /** One job, or undefined. Chosen ids are looked for in `queue`. */
  job(id: string, queue: string): Promise<Job | undefined>;
  /** As `job`, many at once; answers in the order of the ids. */
  jobs(ids: readonly string[], queue: string): Promise<readonly (Job | undefined)[]>;
  list(filter: JobFilter): Promise<JobPage>;
  queues(): Promise<readonly QueueView[]>;
  queue(name: string): Promise<QueueView>;
  workers(queue: string): Promise<readonly WorkerView[]>;
  cancel(id: string, queue: string): Promise<ActAnswer>;
  /** Reopens a dead, cancelled or abandoned job as its next generation. */
  retry(id: string, queue: string): Promise<ActAnswer>;
  /** Forgets a job that is not active. */
  remove(id: string, queue: string): Promise<ActAnswer>;
  pause(queue: string): Promise<void>;
  resume(queue: string): Promise<void>;
  why(id: string, queue: string): Promise<Why | undefined>;
}
