import { randomUUID } from 'node:crypto';
import type { ConsumerOptions } from 'prodwork/engine/consumer';
import type { Engine, EngineName } from 'prodwork/engine/engine';
import type { Inspector } from 'prodwork/engine/inspector';
import type { NewJob, Submitted, Submitter } from 'prodwork/engine/submitter';
import { type MemoryEngine, memoryEngine } from 'prodwork/engines/memory/engine';
import { type EngineOptions, openEngine } from 'prodwork/engines/open';
import type { Job, JobState } from 'prodwork/job/job';
import { createLog } from 'prodwork/log';
import { until } from '../support/until.ts';
import { ChildWorker, MemoryDoomedWorker } from './doomed-worker.ts';
import { checkInvariants } from './invariants.ts';
import { type DoomedWorker, LocalWorker, type TestWorker } from './worker.ts';

export type LabOptions = Partial<Omit<EngineOptions, 'redisUrl' | 'log' | 'prefix'>>;
export type WorkerOptions = Partial<Omit<ConsumerOptions, 'types' | 'queue'>> & { readonly types?: readonly string[] };
export type AskedJob = Partial<NewJob>;

const log = createLog({ name: 'test', level: process.env.TEST_LOG === undefined ? 'silent' : 'debug', format: 'json' });

/** Types that the suite's workers know as at-most-once; every other one is at-least-once. */
export const ONCE = 'once';

/** One engine in one test: a queue of its own, what was submitted, and the workers to be stopped at the end. */
export class Lab {
  readonly engine: Engine;
  readonly queue = 'lab';
  readonly submitter: Submitter;
  readonly inspector: Inspector;
  readonly ids = new Set<string>();
  readonly #engineOptions: Omit<EngineOptions, 'log'>;
  readonly #memory: MemoryEngine | undefined;
  readonly #workers: TestWorker[] = [];
  #workerNumber = 0;

  private constructor(engine: Engine, memory: MemoryEngine | undefined, engineOptions: Omit<EngineOptions, 'log'>) {
    this.engine = engine;
    this.#memory = memory;
    this.#engineOptions = engineOptions;
    this.submitter = engine.submitter();
    this.inspector = engine.inspector();
  }

  static async open(name: EngineName, redisUrl: string, options: LabOptions = {}): Promise<Lab> {
    const engineOptions = {
      redisUrl,
      prefix: `t${randomUUID().slice(0, 8)}`,
      durability: 'everysec',
      backlogMax: 100_000,
      leaseMs: 3_000,
      heartbeatMs: 300,
      deliveryLimit: 20,
      keep: { count: 1_000, ageMs: 3_600_000, bytes: 64 * 1024 * 1024 },
      ...options,
    } as const;
    const memory = name === 'memory' ? memoryEngine({ ...engineOptions, log }) : undefined;
    const engine = memory ?? (await openEngine(name, { ...engineOptions, log }));
    const lab = new Lab(engine, memory, engineOptions);
    await lab.submitter.start();
    await lab.inspector.start();
    return lab;
  }

  get prefix(): string {
    return this.#engineOptions.prefix;
  }

  newJob(asked: AskedJob = {}): NewJob {
    const { promises } = this.engine;
    return {
      queue: this.queue,
      type: 'work',
      payloadJson: '{}',
      priority: 'normal',
      maxAttempts: promises.retries ? 3 : 1,
      delivery: asked.type === ONCE ? 'at-most-once' : 'at-least-once',
      ...asked,
    };
  }

  async ask(asked: AskedJob = {}): Promise<Submitted> {
    const submitted = await this.submitter.submit(this.newJob(asked));
    if (submitted.outcome !== 'conflict') this.ids.add(submitted.job.id);
    return submitted;
  }

  /** Submits a job that must be stored. */
  async submit(asked: AskedJob = {}): Promise<Job> {
    const submitted = await this.ask(asked);
    if (submitted.outcome !== 'stored') throw new Error(`not stored: ${JSON.stringify(submitted)}`);
    return submitted.job;
  }

  async submitMany(count: number, asked: AskedJob = {}): Promise<readonly Job[]> {
    return Promise.all(Array.from({ length: count }, () => this.submit(asked)));
  }

  async worker(asked: WorkerOptions = {}): Promise<LocalWorker> {
    const worker = new LocalWorker(this.#options(asked), (context) => this.engine.consumer(context));
    this.#workers.push(worker);
    await worker.start();
    return worker;
  }

  async doomedWorker(asked: WorkerOptions = {}): Promise<DoomedWorker> {
    const options = this.#options(asked);
    const { name: engine } = this.engine;
    const worker = this.#memory
      ? new MemoryDoomedWorker(options, this.#memory)
      : new ChildWorker({ engine, engineOptions: this.#engineOptions, options });
    this.#workers.push(worker);
    await worker.start();
    return worker;
  }

  /** Waits until the worker has joined. */
  async isListed({ options }: TestWorker): Promise<void> {
    const isIt = async () => (await this.inspector.workers(this.queue)).some(({ id }) => id === options.incarnation);
    await until(`${options.name} to be listed`, isIt);
  }

  /** Tells a worker to take nothing new, and waits until the queue has heard of it: a runtime hands back what comes before. */
  async quiet(worker: TestWorker): Promise<void> {
    worker.quiet();
    const { incarnation, name } = worker.options;
    const slots = async () => (await this.inspector.workers(this.queue)).find(({ id }) => id === incarnation)?.slots;
    if (this.engine.name === 'lease') await until(`${name} to be quiet`, async () => (await slots()) === 0);
  }

  async job(id: string): Promise<Job> {
    const job = await this.inspector.job(id, this.queue);
    if (!job) throw new Error(`no job ${id}`);
    return job;
  }

  /** Waits until the job is in the state, and returns it. */
  async inState(id: string, state: JobState): Promise<Job> {
    return until(
      `${id} to be ${state}`,
      async () => {
        const job = await this.inspector.job(id, this.queue);
        return job?.state === state ? job : undefined;
      },
      20_000,
    );
  }

  async counts(): Promise<Record<JobState, number>> {
    return (await this.inspector.queue(this.queue)).counts;
  }

  /** Stops everything; the invariants must hold both before and after. */
  async close(): Promise<void> {
    try {
      await checkInvariants(this);
    } finally {
      for (const worker of this.#workers) await worker.stop();
    }
    await checkInvariants(this);
    await this.submitter.stop();
    await this.inspector.stop();
    await this.engine.close();
  }

  #options({ types = ['work', 'other', ONCE], ...asked }: WorkerOptions): ConsumerOptions {
    this.#workerNumber += 1;
    const known = this.engine.promises.atMostOnceTypes ? types : types.filter((type) => type !== ONCE);
    return {
      name: `worker-${this.#workerNumber}`,
      incarnation: randomUUID(),
      host: 'lab',
      pid: process.pid,
      version: '0.0.0',
      slots: 1,
      ...asked,
      queue: this.queue,
      types: known.map((type) => ({ type, delivery: type === ONCE ? 'at-most-once' : 'at-least-once' })),
    };
  }
}
