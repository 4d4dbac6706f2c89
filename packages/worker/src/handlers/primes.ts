import { MessageChannel } from 'node:worker_threads';
import { handle } from 'prodwork/job/handle';
import { primes as definition } from 'prodwork/jobs/primes';
import { siblingFile } from '../sibling.ts';
import type countPrimes from './primes-thread.ts';
import { threadPool } from './thread-pool.ts';

const threads = threadPool(siblingFile(import.meta.url, 'primes-thread'));

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
