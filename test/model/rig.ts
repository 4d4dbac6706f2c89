import { randomUUID } from 'node:crypto';
import type { Claim } from 'prodwork/engine/consumer';
import type { Engine, EngineName } from 'prodwork/engine/engine';
import type { Inspector } from 'prodwork/engine/inspector';
import type { Submitter } from 'prodwork/engine/submitter';
import { type MemoryEngine, memoryEngine } from 'prodwork/engines/memory/engine';
import { openEngine } from 'prodwork/engines/open';
import type { Outcome, SettleAnswer } from 'prodwork/job/outcome';
import { createLog } from 'prodwork/log';
import { MemoryDoomedWorker } from '../conformance/doomed-worker.ts';
import { LocalWorker } from '../conformance/worker.ts';
import type { RedisServer } from '../support/redis-server.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { DELIVERY_LIMIT, TYPES } from './model.ts';

const log = createLog({ name: 'model', level: 'silent', format: 'json' });
export const QUEUE = 'model';

export interface RigWorker {
  readonly worker: LocalWorker;
  /** Claims of it that the model has been told of. */
  told: number;
  crash(): Promise<void>;
  stop(): Promise<void>;
}

/** The engine under test with its workers, each behind a line of its own that can be cut. */
export class Rig {
  readonly prefix = `m${randomUUID().slice(0, 8)}`;
  readonly engine: Engine;
  readonly submitter: Submitter;
  readonly inspector: Inspector;
  readonly workers = new Map<string, RigWorker>();
  readonly server: RedisServer | undefined;
  readonly #memory: MemoryEngine | undefined;
  readonly #name: EngineName;
  readonly #leaseMs: number;
  readonly #leaving: Promise<void>[] = [];
  #workerNumber = 0;

  private constructor(name: EngineName, server: RedisServer | undefined, leaseMs: number, engine: Engine | undefined) {
    this.#name = name;
    this.#leaseMs = leaseMs;
    this.server = server;
    this.#memory = engine === undefined ? memoryEngine({ deliveryLimit: DELIVERY_LIMIT, log }) : undefined;
    const used = engine ?? this.#memory;
    if (used === undefined) throw new Error('no engine');
    this.engine = used;
    this.submitter = used.submitter();
    this.inspector = used.inspector();
  }

  static async open(name: EngineName, server: RedisServer | undefined, leaseMs: number): Promise<Rig> {
    const options = Rig.#options(server?.url ?? '', `m${randomUUID().slice(0, 8)}`, leaseMs);
    const engine = name === 'memory' ? undefined : await openEngine(name, options);
    const rig = new Rig(name, server, leaseMs, engine);
    Object.assign(rig, { prefix: options.prefix });
    await rig.submitter.start();
    await rig.inspector.start();
    return rig;
  }

  static #options(redisUrl: string, prefix: string, leaseMs: number) {
    const keep = { count: 10_000, ageMs: 3_600_000, bytes: 64 * 1024 * 1024 };
    const limits = { backlogMax: 10_000, leaseMs, heartbeatMs: 500, deliveryLimit: DELIVERY_LIMIT, keep };
    return { redisUrl, prefix, log, durability: 'everysec', ...limits } as const;
  }

  async addWorker(slots: number, asName?: string): Promise<string> {
    this.#workerNumber += 1;
    const name = asName ?? `w${this.#workerNumber}`;
    const options = {
      name,
      incarnation: randomUUID(),
      host: 'rig',
      pid: process.pid,
      version: '0.0.0',
      queue: QUEUE,
      slots,
      types: TYPES.filter((type) => type !== 'once' || this.engine.promises.atMostOnceTypes).map((type) => ({
        type,
        delivery: type === 'once' ? ('at-most-once' as const) : ('at-least-once' as const),
      })),
    };
    if (this.#memory) {
      const worker = new MemoryDoomedWorker(options, this.#memory);
      await worker.start();
      this.workers.set(name, { worker, told: 0, crash: () => worker.kill(), stop: () => worker.stop() });
      return name;
    }
    const proxy = new TcpProxy(this.server?.port ?? 0);
    await proxy.start();
    const url = `redis://127.0.0.1:${proxy.port}`;
    const engine = await openEngine(this.#name, Rig.#options(url, this.prefix, this.#leaseMs));
    const worker = new LocalWorker(options, (context) => engine.consumer(context));
    await worker.start();
    this.workers.set(name, { worker, told: 0, ...this.#ends(worker, engine, proxy) });
    return name;
  }

  settle(worker: string, claim: Claim, outcome: Outcome): Promise<SettleAnswer> {
    const found = this.workers.get(worker);
    if (!found) throw new Error(`no worker ${worker}`);
    return found.worker.settle(claim, outcome);
  }

  /** Keys that are left in Redis, without the prefix. */
  async keys(): Promise<readonly string[]> {
    if (!this.server) return [];
    const client = this.server.client();
    const keys = await client.keys(`*${this.prefix}:*`);
    client.disconnect();
    return keys;
  }

  /** All workers leave as they should. */
  async dismiss(): Promise<void> {
    await Promise.all([...this.workers.values()].map((worker) => worker.stop()));
    await Promise.all(this.#leaving);
  }

  async close(): Promise<void> {
    await this.dismiss();
    await this.submitter.stop();
    await this.inspector.stop();
    await this.engine.close();
  }

  #ends(worker: LocalWorker, engine: Engine, proxy: TcpProxy): Pick<RigWorker, 'crash' | 'stop'> {
    const stop = async (): Promise<void> => {
      await worker.stop();
      await engine.close();
      await proxy.stop();
    };
    const crash = async (): Promise<void> => {
      await proxy.stop();
      // What is left of it in this process ends by itself; it cannot reach Redis any more.
      this.#leaving.push(worker.stop().then(() => engine.close()));
    };
    return { crash, stop };
  }
}
