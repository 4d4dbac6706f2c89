import type { StateCounts } from '../../engine/inspector.ts';
import { isGeneratedId } from '../../job/ids.ts';
import { FINAL_STATES, type FinalState } from '../../job/job.ts';
import { LIMITS } from '../../job/limits.ts';
import type { Hold } from './hold.ts';
import { Lanes } from './lanes.ts';
import type { MemoryJob } from './record.ts';

export interface QueueLimits {
  readonly deliveryLimit: number;
  readonly leaseMs: number;
  readonly backlogMax: number;
  readonly keep: { readonly count: number; readonly ageMs: number; readonly bytes: number };
}

/** What is left of a pruned job whose id or key a caller chose. */
interface Tombstone {
  readonly job: MemoryJob;
  readonly forgetAt: number;
}

/** Tombstones are bounded: past this many the oldest are forgotten early. */
const TOMBSTONES_KEPT = 100_000;

/** Everything one queue holds. Kept consistent by `moves.ts`; nothing here decides anything. */
export class QueueStore {
  readonly name: string;
  readonly jobs = new Map<string, MemoryJob>();
  readonly lanes = new Lanes();
  readonly scheduled = new Set<MemoryJob>();
  readonly holds = new Map<string, Hold>();
  readonly totals = { submitted: 0, completed: 0, failedAttempts: 0, dead: 0, redelivered: 0 };
  readonly now: () => number;
  isPaused = false;
  readonly #limits: QueueLimits;
  readonly #ended: Record<FinalState, Set<MemoryJob>> = {
    completed: new Set(),
    dead: new Set(),
    cancelled: new Set(),
    abandoned: new Set(),
  };
  readonly #byKey = new Map<string, MemoryJob>();
  readonly #tombstones = new Map<string, Tombstone>();
  #endedBytes = 0;
  #seq = 0;

  constructor(name: string, limits: QueueLimits, now: () => number) {
    this.name = name;
    this.now = now;
    this.#limits = limits;
  }

  get deliveryLimit(): number {
    return this.#limits.deliveryLimit;
  }

  get leaseMs(): number {
    return this.#limits.leaseMs;
  }

  nextSeq(): number {
    this.#seq += 1;
    return this.#seq;
  }

  isFull(): boolean {
    const ended = FINAL_STATES.reduce((sum, state) => sum + this.#ended[state].size, 0);
    return this.jobs.size - ended >= this.#limits.backlogMax;
  }

  add(job: MemoryJob): void {
    this.jobs.set(job.id, job);
    if (job.key !== undefined) this.#byKey.set(job.key, job);
    if (job.state === 'waiting') this.lanes.pushBack(job);
    else this.scheduled.add(job);
    this.totals.submitted += 1;
  }

  /** The job that was submitted with this id or key, also when it has been pruned since. */
  remembered(id: string | undefined, key: string | undefined): readonly MemoryJob[] {
    const byId = id === undefined ? undefined : (this.jobs.get(id) ?? this.#tombstones.get(id)?.job);
    const byKey = key === undefined ? undefined : this.#byKey.get(key);
    return [byId, byKey].filter((job) => job !== undefined);
  }

  finish(job: MemoryJob, state: FinalState): void {
    this.#ended[state].add(job);
    this.#endedBytes += bytesOf(job);
    this.prune();
  }

  /** Takes a job out of the final lists, before it is reopened. */
  unfinish(job: MemoryJob): void {
    for (const state of FINAL_STATES) {
      if (this.#ended[state].delete(job)) this.#endedBytes -= bytesOf(job);
    }
  }

  /** Forgets a job that is not active. What its caller chose is remembered on. */
  forget(job: MemoryJob): void {
    this.unfinish(job);
    this.lanes.remove(job);
    this.scheduled.delete(job);
    this.jobs.delete(job.id);
    if (job.key === undefined && isGeneratedId(job.id)) return;
    this.#tombstones.set(job.id, { job, forgetAt: (job.finishedAt ?? this.now()) + LIMITS.rememberMs });
  }

  /** Holds the final lists to their limits by count, age and bytes, oldest first. */
  prune(): void {
    const { count, ageMs, bytes } = this.#limits.keep;
    for (const state of FINAL_STATES) {
      for (const job of this.#ended[state]) {
        const isOld = (job.finishedAt ?? 0) + ageMs <= this.now();
        if (!isOld && this.#ended[state].size <= count && this.#endedBytes <= bytes) break;
        this.forget(job);
      }
    }
    for (const [id, { job, forgetAt }] of this.#tombstones) {
      if (forgetAt > this.now() && this.#tombstones.size <= TOMBSTONES_KEPT) break;
      this.#tombstones.delete(id);
      if (job.key !== undefined && this.#byKey.get(job.key) === job) this.#byKey.delete(job.key);
    }
  }

  counts(): StateCounts {
    const counts = {
      blocked: 0,
      scheduled: 0,
      waiting: 0,
      active: 0,
      completed: 0,
      dead: 0,
      cancelled: 0,
      abandoned: 0,
    };
    for (const job of this.jobs.values()) counts[job.state] += 1;
    return counts;
  }
}

function bytesOf(job: MemoryJob): number {
  return job.payloadJson.length + (job.resultJson?.length ?? 0) + 200;
}
