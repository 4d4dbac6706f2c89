import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { checkEffects, EffectError } from '../measure/effects.ts';
import { type RedisCost, redisCost } from '../measure/redis-cost.ts';
import { REDIS_ARGS } from '../peers.ts';
import { Child } from '../process/child.ts';
import type { EnqueueReport, EnqueueRequest, LoadRequest, WorkerRequest, WorkerSpec } from '../process/messages.ts';
import type { TallyReport } from '../process/tally.ts';
import { openSystem } from '../systems/open.ts';
import type { Census, SystemName } from '../systems/system.ts';

const POLL_MS = 50;
/** No effect for this long with jobs left, ms, and they count as lost. */
const STALL_MS = 10_000;

export interface Crew {
  readonly workers: number;
  readonly concurrency: number;
  readonly workMs?: number;
}

/** One run of one system: a Redis of its own, a process that submits, processes that work. `close` ends them all. */
export class Stage {
  readonly system: SystemName;
  readonly server: RedisServer;
  readonly #redis: Redis;
  #load: Child<LoadRequest> | undefined;
  readonly #workers: Child<WorkerRequest>[] = [];
  #submitted = 0;

  private constructor(system: SystemName, server: RedisServer) {
    this.system = system;
    this.server = server;
    this.#redis = server.client();
  }

  static async open(system: SystemName): Promise<Stage> {
    return new Stage(system, await startRedis(REDIS_ARGS));
  }

  get submitted(): number {
    return this.#submitted;
  }

  workerPids(): readonly number[] {
    return this.#workers.flatMap(({ process: { pid } }) => pid ?? []);
  }

  cost(): Promise<RedisCost> {
    return redisCost(this.#redis);
  }

  redis(): Redis {
    return this.#redis;
  }

  async load(): Promise<Child<LoadRequest>> {
    this.#load ??= new Child<LoadRequest>('load-main.ts', { system: this.system, redisUrl: this.server.url });
    await this.#load.ready();
    return this.#load;
  }

  /** Submits the next `jobs` jobs. */
  async enqueue(request: Omit<EnqueueRequest, 'kind' | 'from'>): Promise<EnqueueReport> {
    const load = await this.load();
    const report = await load.ask<EnqueueReport>({ ...request, kind: 'enqueue', from: this.#submitted });
    this.#submitted += request.jobs;
    return report;
  }

  /** Jobs at a steady pace while workers are at work. */
  async pace(jobs: number, perSecond: number): Promise<void> {
    const load = await this.load();
    await load.ask({ kind: 'pace', from: this.#submitted, jobs, perSecond });
    this.#submitted += jobs;
  }

  /** The submitting process has done its part: it shall not take memory, or CPU, from what follows. */
  async endLoad(): Promise<void> {
    await this.#load?.leave();
    this.#load = undefined;
  }

  /** Starts worker processes, modules loaded; they begin to work together. */
  async work({ workers, concurrency, workMs = 0 }: Crew, jobs: number, effects = jobs): Promise<void> {
    for (let number = 1; number <= workers; number++) {
      const name = `worker-${number}`;
      const spec: WorkerSpec = {
        ...{ system: this.system, redisUrl: this.server.url, name, concurrency },
        ...{ jobs, effects, workMs, finalFile: this.#finalFile(number) },
      };
      this.#workers.push(new Child<WorkerRequest>('worker-main.ts', spec));
    }
    await Promise.all(this.#workers.map((worker) => worker.ready()));
    await Promise.all(this.#workers.map((worker) => worker.ask({ kind: 'work' })));
  }

  /** Waits until the handlers ran `effects` times. @throws EffectError when nothing moves any more. */
  async effects(effects: number): Promise<void> {
    let [before, movedAt] = [0, Date.now()];
    for (;;) {
      const each = await Promise.all(this.#workers.map((worker) => worker.ask<number>({ kind: 'effects' })));
      const seen = each.reduce((sum, count) => sum + count, 0);
      if (seen >= effects) return;
      if (seen > before) [before, movedAt] = [seen, Date.now()];
      if (Date.now() - movedAt > STALL_MS) {
        throw new EffectError(`${effects - seen} of ${effects} jobs did not run; nothing moved for ${STALL_MS} ms`);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Waits until the system itself holds nothing unfinished, and nothing failed. */
  async settled(): Promise<void> {
    const giveUpAt = Date.now() + STALL_MS;
    for (;;) {
      const census = await this.census();
      if (census.failed > 0) throw new EffectError(`${census.failed} jobs failed`);
      if (census.unfinished === 0) return;
      if (Date.now() > giveUpAt) throw new EffectError(`${census.unfinished} jobs ran and were never settled`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  async census(): Promise<Census> {
    return (await openSystem(this.system)).census(this.server.url);
  }

  /** What the workers did, after its effects were checked job by job. */
  async reports(): Promise<readonly TallyReport[]> {
    const reports = await this.#reports();
    checkEffects(
      this.#submitted,
      reports.map(({ counts }) => counts),
    );
    return reports;
  }

  /**
   * Sends the workers away in the middle of the work, and checks that each job either ran once or still waits.
   * @returns what they had done when they were told to leave.
   */
  async stopMidway(): Promise<readonly TallyReport[]> {
    const reports = await this.#reports();
    const names = this.#workers.map((_, at) => this.#finalFile(at + 1));
    await Promise.all(this.#workers.splice(0).map((worker) => worker.leave()));
    // What was in hand was finished after that report.
    const counts = await Promise.all(names.map(async (file) => new Uint8Array(await readFile(file))));
    const ran = counts.reduce((total, each) => total + each.reduce((part, runs) => part + runs, 0), 0);
    const { unfinished } = await this.census();
    checkEffects(this.#submitted, counts, unfinished);
    const waitAgain = ran + unfinished - this.#submitted;
    if (waitAgain > 0) throw new EffectError(`${waitAgain} jobs ran, and wait all the same`);
    return reports;
  }

  async close(): Promise<void> {
    await Promise.all([this.#load?.leave(), ...this.#workers.map((worker) => worker.leave())]);
    await this.server.stop();
  }

  #finalFile(number: number): string {
    return join(this.server.dir, `worker-${number}.effects`);
  }

  #reports(): Promise<readonly TallyReport[]> {
    return Promise.all(this.#workers.map((worker) => worker.ask<TallyReport>({ kind: 'report' })));
  }
}
