import { availableParallelism } from 'node:os';
import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { handle } from 'prodwork/job/handle';
import { primes as definition } from 'prodwork/jobs/primes';
import { siblingFile } from '../sibling.ts';
import type countPrimes from './primes-thread.ts';

let pool: Piscina | undefined;

/** Threads are made when the first job comes, one per core, and leave when there is nothing to count. */
function threads(): Piscina {
  pool ??= new Piscina({
    filename: siblingFile(import.meta.url, 'primes-thread'),
    minThreads: 0,
    maxThreads: availableParallelism(),
    idleTimeout: 10_000,
  });
  return pool;
}

/** CPU-bound work in a thread: the event loop stays free for heartbeats, and an abort ends the thread at once. */
export const primes = handle(definition, {
  async run({ upTo }, { signal, progress }) {
    const { port1, port2 } = new MessageChannel();
    port1.on('message', progress);
    try {
      const counted: ReturnType<typeof countPrimes> = await threads().run(
        { upTo, port: port2 },
        { transferList: [port2], signal },
      );
      return counted;
    } finally {
      port1.close();
    }
  },
});
