import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Engine, EngineName } from 'prodwork/engine/engine';
import type { Inspector, WorkerView } from 'prodwork/engine/inspector';
import { PROMISES } from 'prodwork/engine/promises';
import { openEngine } from 'prodwork/engines/open';
import type { Job } from 'prodwork/job/job';
import { createLog } from 'prodwork/log';
import { freePort } from '../../support/redis-server.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';
import { Books } from '../books/books.ts';
import type { Impairment, Kill } from '../books/impairments.ts';
import type { Random } from '../random.ts';
import { ChaosRedis } from './chaos-redis.ts';
import { ClientBook } from './client-book.ts';
import { Load } from './load.ts';
import { ChaosProcess, type Life } from './processes.ts';
import { ProcessorQueue } from './processor-queue.ts';
import { Sampler } from './sampler.ts';

export interface WorldOptions {
  readonly engine: EngineName;
  /** Root of the checkout whose workers and producers run: a mutant has its own. */
  readonly root: string;
  readonly workers: number;
  readonly slots: number;
  readonly producers: number;
  readonly ratePerSecond: number;
  /** Further jobs a second, submitted in bulk. */
  readonly bulkPerSecond: number;
  readonly workMs: (random: Random) => number;
  readonly redisArgs: readonly string[];
  /** Where Redis keeps its data; default: in the run's own folder. */
  readonly redisDir?: string;
  /** Every process reaches Redis through a line of its own, which faults can cut. */
  readonly isProxied: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly workerEnv: (name: string) => NodeJS.ProcessEnv;
  readonly workerExecArgs: (name: string) => readonly string[];
  readonly clockOffsetMs: (worker: string) => number;
  readonly random: Random;
  /** Main files, from the root; default: prodwork's own worker and producer with the chaos job types. */
  readonly mains: { readonly worker: string; readonly producer: string };
  /** Another system's queue; default: through prodwork's inspector. */
  readonly eyes?: (redisPort: number) => Promise<Eyes>;
  /** Called when Redis has started and nobody is connected yet. */
  readonly onRedisUp?: (redis: ChaosRedis) => Promise<void>;
}

/** What the run needs to see of a queue, whatever system it belongs to. */
export interface Eyes {
  counts(): Promise<{ readonly waiting: number; readonly scheduled: number; readonly active: number }>;
  /** In the order of the ids; undefined: in no state. */
  jobs(ids: readonly string[]): Promise<readonly (Pick<Job, 'id' | 'state' | 'payload'> | undefined)[]>;
  close(): Promise<void>;
}

interface Member {
  readonly process: ChaosProcess;
  readonly port: number;
  readonly line: TcpProxy | undefined;
}

const READY_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 40_000;

/** Everything that a run consists of: a Redis, producers, workers, a client, and the books. All of them real processes. */
export class World {
  readonly options: WorldOptions;
  readonly dir: string;
  readonly redis: ChaosRedis;
  readonly books: Books;
  readonly book: ClientBook;
  readonly load: Load;
  readonly lives: Life[] = [];
  readonly kills: Kill[] = [];
  readonly powerCuts: number[] = [];
  readonly impairments: Impairment[] = [];
  readonly notesFile: string;
  readonly processors = new ProcessorQueue(() => this.#pids());
  /** One door in front of the producers, when there is one. */
  front: string | undefined;
  /** Hears every line that a process writes. */
  onLine: ((name: string, line: string) => void) | undefined;
  readonly workers = new Map<string, Member>();
  readonly producers = new Map<string, Member>();
  /** Replicas of the noteboard, where a scenario is about Postgres. */
  readonly boards = new Map<string, Member>();
  /** What each worker had in hand when it last died. */
  readonly #remains = new Map<string, Kill['victims']>();
  #engine: Engine | undefined;
  #inspector: Inspector | undefined;
  #eyes: Eyes | undefined;
  #sampler: Sampler | undefined;

  private constructor(options: WorldOptions, dir: string, redisPort: number) {
    this.options = options;
    this.dir = dir;
    const logDir = join(dir, 'logs');
    const ledgerDir = join(dir, 'ledger');
    for (const folder of [logDir, ledgerDir]) mkdirSync(folder, { recursive: true });
    this.notesFile = join(dir, 'notes');
    this.redis = new ChaosRedis({
      port: redisPort,
      dir: options.redisDir ?? join(dir, 'redis'),
      logFile: join(logDir, 'redis.log'),
      args: options.redisArgs,
    });
    this.books = new Books(ledgerDir, options.clockOffsetMs);
    this.book = new ClientBook(join(ledgerDir, 'client.jsonl'));
    this.load = new Load({
      ratePerSecond: options.ratePerSecond,
      bulkPerSecond: options.bulkPerSecond,
      workMs: options.workMs,
      random: options.random,
      book: this.book,
      producers: () => (this.front === undefined ? this.producerBases() : [this.front]),
      canName: PROMISES[options.engine].idempotentSubmit,
      prefix: 'r',
    });
  }

  /** Starts everything; resolves when every worker takes jobs. */
  static async start(options: WorldOptions): Promise<World> {
    const dir = mkdtempSync(join(tmpdir(), 'prodwork-chaos-'));
    const world = new World(options, dir, await freePort());
    try {
      world.processors.start();
      await world.redis.start();
      await options.onRedisUp?.(world.redis);
      await world.#openEngine();
      for (let number = 1; number <= options.producers; number++) await world.addProducer(`producer-${number}`);
      for (let number = 1; number <= options.workers; number++) await world.addWorker(`worker-${number}`);
      await world.allReady();
      world.#sampler = new Sampler(world);
      world.#sampler.start();
      return world;
    } catch (error) {
      await world.close(true);
      throw error;
    }
  }

  get inspector(): Inspector {
    if (this.#inspector === undefined) throw new Error('the world has not begun');
    return this.#inspector;
  }

  get engine(): Engine {
    if (this.#engine === undefined) throw new Error('the world has not begun');
    return this.#engine;
  }

  get samples(): Sampler['samples'] {
    return this.#sampler?.samples ?? [];
  }

  worker(name: string): Member {
    return found(this.workers, name);
  }

  producer(name: string): Member {
    return found(this.producers, name);
  }

  livingWorkers(): readonly string[] {
    return [...this.workers].filter(([, { process }]) => process.pid !== undefined).map(([name]) => name);
  }

  baseOf(producer: string): string {
    return `http://127.0.0.1:${this.producer(producer).port}`;
  }

  #members(): readonly Member[] {
    return [...this.workers.values(), ...this.producers.values(), ...this.boards.values()];
  }

  #pids(): readonly number[] {
    const living = this.#members().flatMap(({ process: { pid } }) => pid ?? []);
    return [process.pid, ...(this.redis.isAlive ? [this.redis.pid] : []), ...living];
  }

  producerBases(): readonly string[] {
    return [...this.producers.values()].map(({ port }) => `http://127.0.0.1:${port}`);
  }

  /** Adds a worker and starts it. @param main its main file, when it is not the usual one */
  async addWorker(name: string, env: NodeJS.ProcessEnv = {}, main = this.options.mains.worker): Promise<void> {
    await this.#add(this.workers, name, main, (port) => ({
      WORKER_NAME: name,
      WORKER_PORT: String(port),
      WORKER_SLOTS: String(this.options.slots),
      WORKER_LEDGER_FILE: join(this.dir, 'ledger', `${name}.jsonl`),
      CHAOS_NOTES_FILE: this.notesFile,
      ...this.options.workerEnv(name),
      ...env,
    }));
  }

  async addProducer(name: string): Promise<void> {
    await this.#add(this.producers, name, this.options.mains.producer, (port) => ({
      PRODUCER_PORT: String(port),
      PRODUCER_NAME: name,
      PRODUCER_API_PER_SECOND: '100000',
    }));
  }

  async addBoard(name: string, databaseUrl: string): Promise<void> {
    await this.#add(this.boards, name, 'packages/noteboard/src/main.ts', (port) => ({
      NOTEBOARD_PORT: String(port),
      DATABASE_URL: databaseUrl,
    }));
  }

  /** A process that has left for good is no part of the world any more. */
  forget(name: string): void {
    this.workers.delete(name);
    this.producers.delete(name);
  }

  /** Every process answers that it is ready. */
  async allReady(withinMs = READY_WITHIN_MS): Promise<void> {
    const members = [...this.workers.values(), ...this.producers.values()];
    await Promise.all(members.map(({ port, process }) => isReadySoon(process.name, port, withinMs)));
  }

  async isReady(name: string): Promise<boolean> {
    const member = this.workers.get(name) ?? this.producers.get(name) ?? this.boards.get(name);
    return member !== undefined && (await probe(member.port, '/readyz')) === 200;
  }

  /** `kill -9` of a worker, with the books of what it had in hand. Resolves when it is gone. */
  async killWorker(name: string, fault: string, isMeasured: boolean): Promise<Kill> {
    const { process: member } = this.worker(name);
    const { life } = member;
    const at = Date.now();
    member.signal('SIGKILL');
    while (life !== undefined && life.to === undefined) await wait(1);
    const victims = this.remainsOf(name);
    const kill = { fault, worker: name, at, victims, isMeasured };
    this.kills.push(kill);
    return kill;
  }

  /** What a worker had in hand when it last died. */
  remainsOf(name: string): Kill['victims'] {
    return this.#remains.get(name) ?? [];
  }

  /** Notes that a worker cannot renew from now on. The span ends with the call of what is returned. */
  impair(worker: string): () => void {
    const impairment: Impairment = { worker, from: Date.now(), to: Number.POSITIVE_INFINITY };
    this.impairments.push(impairment);
    return () => {
      // What runs on when it wakes up is still of that time.
      impairment.to = Date.now() + 2_000;
    };
  }

  async registered(): Promise<readonly WorkerView[]> {
    return this.inspector.workers('default');
  }

  get eyes(): Eyes {
    if (this.#eyes === undefined) throw new Error('the world has not begun');
    return this.#eyes;
  }

  async queue() {
    return this.inspector.queue('default');
  }

  /** Waits until no accepted job is unfinished, by the books and by the queue. @returns whether that came about */
  async drain(withinMs: number): Promise<boolean> {
    const giveUpAt = Date.now() + withinMs;
    for (;;) {
      this.books.poll();
      const counts = await this.eyes.counts().catch(() => undefined);
      const left = counts && counts.waiting + counts.scheduled + counts.active;
      if (left === 0) return true;
      if (Date.now() > giveUpAt) return false;
      await wait(100);
    }
  }

  /** The books are closed: workers leave first, so that every line is written. Redis stays for the judge's questions. */
  async quiet(): Promise<void> {
    this.#sampler?.stop();
    await Promise.all([...this.workers.values()].map(({ process }) => process.stop(STOP_WITHIN_MS)));
    const others = [...this.producers.values(), ...this.boards.values()];
    await Promise.all(others.map(({ process }) => process.stop(STOP_WITHIN_MS)));
    this.books.poll();
  }

  async close(isTidy: boolean): Promise<void> {
    this.#sampler?.stop();
    const members = this.#members();
    for (const { process } of members) process.close();
    this.processors.stop();
    await this.#eyes?.close();
    await this.#inspector?.stop();
    await this.#engine?.close();
    for (const { line } of members) await line?.stop();
    await this.redis.close();
    this.books.close();
    this.book.close();
    if (isTidy) rmSync(this.dir, { recursive: true, force: true });
  }

  async #openEngine(): Promise<void> {
    const log = createLog({ name: 'chaos', level: 'silent', format: 'json' });
    this.#engine = await openEngine(this.options.engine, {
      redisUrl: `redis://127.0.0.1:${this.redis.port}`,
      log,
      prefix: 'prodwork',
      durability: 'everysec',
      backlogMax: 10_000_000,
      leaseMs: 10_000,
      heartbeatMs: 3_000,
      deliveryLimit: 20,
      keep: { count: 1_000_000, ageMs: 86_400_000, bytes: 1 << 30 },
    });
    const inspector = this.#engine.inspector();
    this.#inspector = inspector;
    await inspector.start();
    this.#eyes = (await this.options.eyes?.(this.redis.port)) ?? {
      counts: async () => (await inspector.queue('default')).counts,
      jobs: (ids) => inspector.jobs(ids, 'default'),
      close: async () => {},
    };
  }

  async #add(
    members: Map<string, Member>,
    name: string,
    main: string,
    envOf: (port: number) => NodeJS.ProcessEnv,
  ): Promise<void> {
    const port = await freePort();
    const line = this.options.isProxied ? new TcpProxy(this.redis.port) : undefined;
    await line?.start();
    const { root, engine, env, workerExecArgs } = this.options;
    const member = new ChaosProcess({
      name,
      root,
      main,
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        REDIS_URL: `redis://127.0.0.1:${line?.port ?? this.redis.port}`,
        QUEUE_ENGINE: engine,
        QUEUE_KEEP_COUNT: '1000000',
        LOG_FORMAT: 'json',
        LOG_LEVEL: process.env.CHAOS_LOG_LEVEL ?? 'warn',
        ...env,
        ...envOf(port),
      },
      execArgs: name.startsWith('worker') ? workerExecArgs(name) : [],
      logDir: join(this.dir, 'logs'),
      onLine: (line) => this.onLine?.(name, line),
      onLife: (life) => this.lives.push(life),
      onDeath: ({ to = Date.now() }) => {
        this.books.poll();
        const left = this.books.inHand(name).map(({ job, run }) => ({ id: job.id, fence: run.fence }));
        this.#remains.set(name, left);
        this.books.died(name, to);
      },
    });
    members.set(name, { process: member, port, line });
    member.start();
  }
}

function found(members: ReadonlyMap<string, Member>, name: string): Member {
  const member = members.get(name);
  if (member === undefined) throw new Error(`there is no ${name}`);
  return member;
}

/** The status of a GET; 0 when there was none within a second. */
export async function probe(port: number, path: string): Promise<number> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(2_500) });
    await response.body?.cancel();
    return response.status;
  } catch {
    return 0;
  }
}

async function isReadySoon(name: string, port: number, withinMs: number): Promise<void> {
  const giveUpAt = Date.now() + withinMs;
  while ((await probe(port, '/readyz')) !== 200) {
    if (Date.now() > giveUpAt) throw new Error(`${name} is not ready after ${withinMs} ms`);
    await wait(50);
  }
}
