import type { ActAnswer, Inspector, JobFilter, JobPage, QueueView, Why, WorkerView } from '../../engine/inspector.ts';
import { unsupported } from '../../engine/unsupported.ts';
import { isFinal } from '../../job/final.ts';
import { parseJobId } from '../../job/ids.ts';
import { FINAL_STATES, type Job } from '../../job/job.ts';
import {
  type Connection,
  closeConnection,
  createConnection,
  keepConnected,
  whenReady,
} from '../../redis/connections.ts';
import { Roster } from '../../redis/roster.ts';
import type { EngineOptions } from '../open.ts';
import { decodeEntry } from './entry.ts';
import { brpopKeys, queuesKey } from './keys.ts';
import { listPage } from './pages.ts';
import { readRecord, waitingJob } from './record.ts';
import { BrpopStore } from './store.ts';

const CONNECT_WITHIN_MS = 1_500;
/** Elements of the list that are looked at to find one job: the list knows no ids. */
const SEARCH_MAX = 10_000;

export class BrpopInspector implements Inspector {
  readonly #options: EngineOptions;
  readonly #connection: Connection;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#connection = createConnection(options.redisUrl, { name: `${options.prefix}:inspect`, silenceMs: 2_000 });
  }

  async start(): Promise<void> {
    keepConnected(this.#connection);
  }

  async stop(): Promise<void> {
    closeConnection(this.#connection);
  }

  async job(id: string, queue: string): Promise<Job | undefined> {
    const address = parseJobId(id, queue);
    if (!address) return undefined;
    await this.#ready();
    const { finished } = brpopKeys(this.#options.prefix, address.queue);
    const ended = readRecord(await this.#connection.hget(finished, id));
    if (ended) return ended;
    const active = (await this.#active(address.queue)).find(({ job }) => job.id === id);
    return active?.job ?? (await this.#waiting(id, address.queue))?.job;
  }

  async jobs(ids: readonly string[], queue: string): Promise<readonly (Job | undefined)[]> {
    return Promise.all(ids.map((id) => this.job(id, queue)));
  }

  async list(filter: JobFilter): Promise<JobPage> {
    await this.#ready();
    const active = (await this.#active(filter.queue)).map(({ job }) => job);
    return listPage(this.#connection, brpopKeys(this.#options.prefix, filter.queue), filter, active);
  }

  async queues(): Promise<readonly QueueView[]> {
    await this.#ready();
    const names = await this.#connection.smembers(queuesKey(this.#options.prefix));
    return Promise.all(names.sort().map((name) => this.queue(name)));
  }

  async queue(name: string): Promise<QueueView> {
    await this.#ready();
    const keys = brpopKeys(this.#options.prefix, name);
    const [waiting, oldest, totals, active, now, ...ended] = await Promise.all([
      this.#connection.llen(keys.list),
      this.#connection.lindex(keys.list, -1),
      this.#connection.hgetall(keys.totals),
      this.#active(name),
      new BrpopStore(this.#connection, this.#options, name).now(),
      ...FINAL_STATES.map((state) => this.#connection.zcard(keys.ended(state))),
    ]);
    const [completed = 0, dead = 0, cancelled = 0, abandoned = 0] = ended;
    const entry = oldest === null ? undefined : decodeEntry(oldest, name);
    const since = entry === undefined || 'fault' in entry || entry.createdAt === 0 ? now : entry.createdAt;
    const total = (field: string): number => Number(totals[field] ?? 0);
    return {
      name,
      isPaused: false,
      counts: { blocked: 0, scheduled: 0, waiting, active: active.length, completed, dead, cancelled, abandoned },
      oldestWaitingMs: Math.max(0, now - since),
      totals: {
        // Whoever pushes does not count; what was taken out and what is still there does.
        submitted: total('taken') - total('redelivered') + waiting,
        completed: total('completed'),
        failedAttempts: total('failedAttempts'),
        dead: total('dead'),
        redelivered: total('redelivered'),
      },
    };
  }

  async workers(queue: string): Promise<readonly WorkerView[]> {
    await this.#ready();
    const [workers, active] = await Promise.all([this.#roster(queue).list(), this.#active(queue)]);
    return workers.map((worker) => {
      const own = active.filter(({ incarnation }) => incarnation === worker.id);
      const jobs = own.map(({ job: { id, type, deliveries } }) => ({
        id,
        type,
        startedAt: deliveries[0]?.startedAt ?? 0,
      }));
      return { ...worker, jobs };
    });
  }

  async cancel(): Promise<ActAnswer> {
    throw unsupported('brpop', 'cancel');
  }

  async retry(): Promise<ActAnswer> {
    throw unsupported('brpop', "an operator's retry");
  }

  async remove(id: string, queue: string): Promise<ActAnswer> {
    const address = parseJobId(id, queue);
    if (!address) return 'not-found';
    await this.#ready();
    const store = new BrpopStore(this.#connection, this.#options, address.queue);
    if (await store.forget(id)) return 'removed';
    if ((await this.#active(address.queue)).some(({ job }) => job.id === id)) return 'refused';
    const found = await this.#waiting(id, address.queue);
    if (!found || (await this.#connection.lrem(store.keys.list, 1, found.text)) === 0) return 'not-found';
    await this.#connection.hincrby(store.keys.totals, 'taken', 1);
    return 'removed';
  }

  async pause(): Promise<void> {
    throw unsupported('brpop', 'pause');
  }

  async resume(): Promise<void> {
    throw unsupported('brpop', 'resume');
  }

  async why(id: string, queue: string): Promise<Why | undefined> {
    const job = await this.job(id, queue);
    if (!job) return undefined;
    const { state } = job;
    if (isFinal(state)) return { state, reason: 'final', detail: `It is over: ${state}.` };
    if (state === 'active')
      return { state, reason: 'active', detail: `${job.deliveries[0]?.worker ?? 'A worker'} runs it.` };
    const workers = (await this.workers(job.queue)).filter((worker) => worker.state === 'running');
    if (workers.length === 0) return { state, reason: 'no-worker', detail: 'No worker serves the queue.' };
    return workers.some(({ jobs, slots }) => jobs.length < slots)
      ? { state, reason: 'about-to-start', detail: 'A worker is free and takes what is oldest.' }
      : { state, reason: 'no-free-slot', detail: 'Every worker is busy.' };
  }

  async #waiting(id: string, queue: string): Promise<{ readonly job: Job; readonly text: string } | undefined> {
    const { list } = brpopKeys(this.#options.prefix, queue);
    for (let from = 0; from < SEARCH_MAX; from += 1_000) {
      const texts = await this.#connection.lrange(list, from, from + 999);
      for (const text of texts) {
        // Most elements are told apart by their text, without reading them.
        const entry = text.includes(id) ? decodeEntry(text, queue) : undefined;
        if (entry && !('fault' in entry) && entry.id === id) return { job: waitingJob(entry, queue), text };
      }
      if (texts.length < 1_000) break;
    }
    return undefined;
  }

  async #active(queue: string): Promise<readonly { readonly incarnation: string; readonly job: Job }[]> {
    const keys = brpopKeys(this.#options.prefix, queue);
    const workers = await this.#connection.hkeys(keys.workers);
    const held = await Promise.all(
      workers.map(async (incarnation) => {
        const records = await this.#connection.hvals(keys.active(incarnation));
        return records.flatMap((record) => readRecord(record) ?? []).map((job) => ({ incarnation, job }));
      }),
    );
    return held.flat();
  }

  #roster(queue: string): Roster {
    const { workers } = brpopKeys(this.#options.prefix, queue);
    return new Roster({ connection: this.#connection, key: workers, leaseMs: this.#options.leaseMs });
  }

  #ready(): Promise<void> {
    return whenReady(this.#connection, CONNECT_WITHIN_MS);
  }
}
