import { bodyDigest } from '../../engine/body-digest.ts';
import type { NewJob, Submitted, Submitter } from '../../engine/submitter.ts';
import { ProdworkError } from '../../errors.ts';
import { formatJobId, randomLocalId } from '../../job/ids.ts';
import { newRecord, viewOf } from './record.ts';
import type { Store } from './store.ts';

export class MemorySubmitter implements Submitter {
  readonly #store: Store;
  #isOpen = false;

  constructor(store: Store) {
    this.#store = store;
  }

  async start(): Promise<void> {
    this.#isOpen = true;
  }

  async stop(): Promise<void> {
    this.#isOpen = false;
  }

  async submit(job: NewJob): Promise<Submitted> {
    if (!this.#isOpen) throw new ProdworkError('QUEUE_UNAVAILABLE', 'the submitter is not started');
    const queue = this.#store.queue(job.queue);
    const digest = bodyDigest(job);
    const remembered = queue.remembered(job.id, job.idempotencyKey);
    const other = remembered.find((known) => known.digest !== digest || known !== remembered[0]);
    if (other) return { outcome: 'conflict', id: other.id };
    if (remembered[0]) return { outcome: 'exists', job: viewOf(remembered[0]) };
    if (queue.isFull()) throw new ProdworkError('QUEUE_FULL', `the queue ${job.queue} is at its backlog cap`);
    const id = job.id ?? formatJobId(job.queue, 0, randomLocalId());
    const record = newRecord(job, id, digest, queue.nextSeq(), this.#store.clock.now());
    queue.add(record);
    this.#store.changed();
    return { outcome: 'stored', job: viewOf(record) };
  }
}
