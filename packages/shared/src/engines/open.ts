import type { Engine, EngineName } from '../engine/engine.ts';
import type { Log } from '../log.ts';

/** What every engine is given. Durations in ms, times by the server's clock. */
export interface EngineOptions {
  /** redis://, rediss://, redis+sentinel:// or redis+cluster://. */
  readonly redisUrl: string;
  readonly log: Log;
  /** Prefix of every key. Default `prodwork`. */
  readonly prefix: string;
  /** `everysec` or `fsync`. */
  readonly durability: 'everysec' | 'fsync';
  /** Waiting, scheduled and active jobs together; beyond it a submit is refused with `QUEUE_FULL`. */
  readonly backlogMax: number;
  /** No renewal for this long, and a worker's jobs move. Default 10,000. */
  readonly leaseMs: number;
  /** Default 3,000. */
  readonly heartbeatMs: number;
  /** Starts of one job, at most. Default 20. */
  readonly deliveryLimit: number;
  /** Finished jobs kept per final state: by count, by age and by bytes. */
  readonly keep: { readonly count: number; readonly ageMs: number; readonly bytes: number };
}

/** Opens an engine by name. Nothing connects before a part of it is started. */
export async function openEngine(name: EngineName, options: EngineOptions): Promise<Engine> {
  switch (name) {
    case 'lease':
      return (await import('./lease/engine.ts')).leaseEngine(options);
    case 'brpop':
      return (await import('./brpop/engine.ts')).brpopEngine(options);
    case 'bullmq':
      return (await import('./bullmq/engine.ts')).bullmqEngine(options);
    case 'memory':
      return (await import('./memory/engine.ts')).memoryEngine(options);
  }
}
