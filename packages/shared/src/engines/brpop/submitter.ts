import type { NewJob, Submitted, Submitter } from '../../engine/submitter.ts';
import { refuseBeyondPromises } from '../../engine/unsupported.ts';
import { ProdworkError } from '../../errors.ts';
import { formatJobId, randomLocalId } from '../../job/ids.ts';
import {
  type Connection,
  closeConnection,
  createConnection,
  keepConnected,
  whenReady,
} from '../../redis/connections.ts';
import { runScript } from '../../redis/script.ts';
import { submitFault } from '../../redis/submit-faults.ts';
import type { EngineOptions } from '../open.ts';
import { type Entry, encodeEntry } from './entry.ts';
import { brpopKeys, queuesKey } from './keys.ts';
import { waitingJob } from './record.ts';
import { push } from './scripts.ts';

const CONNECT_WITHIN_MS = 1_500;
const SILENCE_MS = 2_000;
/** Jobs that travel in one call, at most. */
const BATCH_JOBS = 500;

interface Pending {
  readonly entry: Entry;
  readonly resolve: (submitted: Submitted) => void;
  readonly reject: (error: unknown) => void;
}

export class BrpopSubmitter implements Submitter {
  readonly #options: EngineOptions;
  readonly #connection: Connection;
  readonly #pending = new Map<string, Pending[]>();
  readonly #announced = new Set<string>();
  #isStopped = false;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#connection = createConnection(options.redisUrl, { name: `${options.prefix}:submit`, silenceMs: SILENCE_MS });
  }

  async start(): Promise<void> {
    keepConnected(this.#connection);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    closeConnection(this.#connection);
  }

  async submit(job: NewJob): Promise<Submitted> {
    refuseBeyondPromises('brpop', job, Date.now());
    if (this.#isStopped) throw new ProdworkError('QUEUE_UNAVAILABLE', 'the submitter is stopped');
    const { queue, type, payloadJson, timeoutMs } = job;
    const entry = {
      id: formatJobId(queue, 0, randomLocalId()),
      type,
      createdAt: Date.now(),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      deliveries: 0,
      payloadJson,
    };
    return new Promise((resolve, reject) => {
      const batch = this.#pending.get(queue);
      if (batch) batch.push({ entry, resolve, reject });
      else {
        this.#pending.set(queue, [{ entry, resolve, reject }]);
        setImmediate(() => this.#flush(queue));
      }
    });
  }

  #flush(queue: string): void {
    const waiting = this.#pending.get(queue) ?? [];
    this.#pending.delete(queue);
    for (let at = 0; at < waiting.length; at += BATCH_JOBS) void this.#send(queue, waiting.slice(at, at + BATCH_JOBS));
  }

  async #send(queue: string, batch: readonly Pending[]): Promise<void> {
    try {
      await whenReady(this.#connection, CONNECT_WITHIN_MS);
      await this.#announce(queue);
      const entries = batch.map(({ entry }) => encodeEntry(entry));
      const { list } = brpopKeys(this.#options.prefix, queue);
      const stored = Number(await runScript(this.#connection, push, [list], [this.#options.backlogMax, ...entries]));
      for (const [index, { entry, resolve, reject }] of batch.entries()) {
        if (index < stored) resolve({ outcome: 'stored', job: waitingJob(entry, queue) });
        else
          reject(new ProdworkError('QUEUE_FULL', `the queue ${queue} is at its backlog cap`, { retryAfterSeconds: 5 }));
      }
    } catch (error) {
      for (const { reject } of batch) reject(submitFault(error));
    }
  }

  /** Puts the queue on the list of queues, once per process. */
  async #announce(queue: string): Promise<void> {
    if (this.#announced.has(queue)) return;
    try {
      await this.#connection.sadd(queuesKey(this.#options.prefix), queue);
    } catch (error) {
      const fault = submitFault(error);
      if (fault.code !== 'SUBMIT_UNKNOWN') throw fault;
      throw new ProdworkError('QUEUE_UNAVAILABLE', 'the connection ended; nothing was stored', {
        retryAfterSeconds: 2,
      });
    }
    this.#announced.add(queue);
  }
}
