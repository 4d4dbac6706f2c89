import type { ActAnswer, Inspector, JobFilter, JobPage, QueueView, Why, WorkerView } from '../../engine/inspector.ts';
import { isFinal } from '../../job/final.ts';
import { parseJobId } from '../../job/ids.ts';
import type { Job } from '../../job/job.ts';
import { cancelIdle, reopen } from './moves.ts';
import type { QueueStore } from './queue-store.ts';
import { type MemoryJob, viewOf } from './record.ts';
import type { Store } from './store.ts';
import { viewWorker, whyNot } from './views.ts';

/** Jobs looked at for one page of a text search, at most. */
const SCAN_MAX = 1_000;

export class MemoryInspector implements Inspector {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {}

  async job(id: string, queue: string): Promise<Job | undefined> {
    const job = this.#find(id, queue)?.job;
    return job && viewOf(job);
  }

  async jobs(ids: readonly string[], queue: string): Promise<readonly (Job | undefined)[]> {
    return Promise.all(ids.map((id) => this.job(id, queue)));
  }

  /** Newest first. The cursor is the submission number of the last job looked at. */
  async list({ queue, state, type, q, cursor, limit }: JobFilter): Promise<JobPage> {
    const before = cursor === undefined ? Number.POSITIVE_INFINITY : Number(cursor);
    const candidates = [...this.#store.queue(queue).jobs.values()]
      .filter((job) => job.seq < before && (!state || job.state === state) && (!type || job.type === type))
      .sort((a, b) => b.seq - a.seq);
    const page: MemoryJob[] = [];
    let scanned = 0;
    for (const job of candidates) {
      if (page.length === limit || scanned === SCAN_MAX) break;
      scanned += 1;
      if (!q || job.id.includes(q) || job.payloadJson.includes(q)) page.push(job);
    }
    const last = candidates[scanned - 1];
    const isMore = scanned < candidates.length;
    return { jobs: page.map(viewOf), scanned, ...(isMore && last ? { cursor: String(last.seq) } : {}) };
  }

  async queues(): Promise<readonly QueueView[]> {
    return Promise.all(this.#store.names().map((name) => this.queue(name)));
  }

  async queue(name: string): Promise<QueueView> {
    const queue = this.#store.queue(name);
    const now = this.#store.clock.now();
    let oldest = now;
    for (const job of queue.jobs.values()) if (job.state === 'waiting') oldest = Math.min(oldest, job.createdAt);
    return {
      name,
      isPaused: queue.isPaused,
      counts: queue.counts(),
      oldestWaitingMs: now - oldest,
      totals: { ...queue.totals },
    };
  }

  async workers(queue: string): Promise<readonly WorkerView[]> {
    return [...this.#store.queue(queue).holds.values()].map(viewWorker);
  }

  async cancel(id: string, queueName: string): Promise<ActAnswer> {
    const found = this.#find(id, queueName);
    if (!found) return 'not-found';
    const { job, queue } = found;
    if (job.state === 'cancelled') return 'unchanged';
    if (isFinal(job.state)) return 'refused';
    if (job.state !== 'active') {
      cancelIdle(queue, job);
      return 'cancelled';
    }
    job.isCancelRequested = true;
    const hold = [...queue.holds.values()].find(({ jobs }) => jobs.has(job.id));
    if (hold?.condition === 'alive') queueMicrotask(() => hold.context.events.onCancel(job.id, job.fence));
    return 'requested';
  }

  async retry(id: string, queueName: string): Promise<ActAnswer> {
    const found = this.#find(id, queueName);
    if (!found) return 'not-found';
    const { job, queue } = found;
    if (!isFinal(job.state)) return 'unchanged';
    if (job.state === 'completed') return 'refused';
    reopen(queue, job);
    this.#store.changed();
    return 'reopened';
  }

  async remove(id: string, queue: string): Promise<ActAnswer> {
    const found = this.#find(id, queue);
    if (!found) return 'not-found';
    if (found.job.state === 'active') return 'refused';
    found.queue.forget(found.job);
    return 'removed';
  }

  async pause(queue: string): Promise<void> {
    this.#store.queue(queue).isPaused = true;
  }

  async resume(queue: string): Promise<void> {
    this.#store.queue(queue).isPaused = false;
    this.#store.changed();
  }

  async why(id: string, queue: string): Promise<Why | undefined> {
    const found = this.#find(id, queue);
    return found && whyNot(found.queue, found.job);
  }

  #find(id: string, queueName: string): { readonly queue: QueueStore; readonly job: MemoryJob } | undefined {
    const address = parseJobId(id, queueName);
    if (!address) return undefined;
    const queue = this.#store.queue(address.queue);
    const job = queue.jobs.get(id);
    return job && { queue, job };
  }
}
