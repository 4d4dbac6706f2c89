import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';

/** Threads for work of one kind. They are made when the first job comes, one per core, and leave when there is none. */
export function threadPool(filename: string): () => Piscina {
  let pool: Piscina | undefined;
  return () => {
    pool ??= new Piscina({ filename, minThreads: 0, maxThreads: availableParallelism(), idleTimeout: 10_000 });
    return pool;
  };
}
