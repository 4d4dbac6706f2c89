import { type Clock, systemClock } from '../../clock.ts';
import type { ConsumerContext } from '../../engine/consumer.ts';
import type { Engine } from '../../engine/engine.ts';
import { PROMISES } from '../../engine/promises.ts';
import { refuseDurability } from '../../engine/unsupported.ts';
import type { EngineOptions } from '../open.ts';
import { MemoryConsumer } from './consumer.ts';
import { MemoryInspector } from './inspector.ts';
import { Store } from './store.ts';
import { MemorySubmitter } from './submitter.ts';

/** Everything has a default. With a clock other than the system's, time passes only in `tick`. */
export type MemoryOptions = Partial<EngineOptions> & { readonly clock?: Clock };

export interface MemoryEngine extends Engine {
  consumer(context: ConsumerContext): MemoryConsumer;
  /** Does what has come due by the clock, at once: promotes, reaps, prunes, hands over. */
  tick(): void;
}

/**
 * The whole contract in one process: for unit tests and for a look without a Redis. Its jobs live as long as the engine
 * object; producer and workers must share it.
 */
export function memoryEngine(options: MemoryOptions = {}): MemoryEngine {
  refuseDurability('memory', options.durability ?? 'everysec');
  const limits = {
    deliveryLimit: options.deliveryLimit ?? 20,
    leaseMs: options.leaseMs ?? 10_000,
    backlogMax: options.backlogMax ?? 1_000_000,
    keep: options.keep ?? { count: 10_000, ageMs: 7 * 24 * 3600 * 1000, bytes: 256 * 1024 * 1024 },
  };
  const store = new Store(limits, options.clock ?? systemClock);
  return {
    name: 'memory',
    promises: PROMISES.memory,
    submitter: () => new MemorySubmitter(store),
    inspector: () => new MemoryInspector(store),
    consumer: (context) => new MemoryConsumer(store, context),
    health: async () => ({
      isReady: true,
      problems: [],
      warnings: ['jobs are kept in memory and end with the process'],
    }),
    close: async () => store.close(),
    tick: () => store.tick(),
  };
}
