import type { Engine } from '../../engine/engine.ts';
import { PROMISES } from '../../engine/promises.ts';
import { refuseDurability } from '../../engine/unsupported.ts';
import { guardedInspector } from '../../redis/guarded-inspector.ts';
import { HealthProbe } from '../../redis/health.ts';
import type { EngineOptions } from '../open.ts';
import { BullmqConsumer } from './consumer.ts';
import { BullmqInspector } from './inspector.ts';
import { queuesKey } from './layout.ts';
import { BullmqSubmitter } from './submitter.ts';

/**
 * BullMQ behind our ports: its jobs, keys and scripts, so that Bull Board and other BullMQ clients work beside it. What
 * the finished jobs may take in bytes (`QUEUE_KEEP_BYTES`) it does not know; it keeps them by count and age.
 */
export function bullmqEngine(options: EngineOptions): Engine {
  refuseDurability('bullmq', options.durability);
  const probe = new HealthProbe(options.redisUrl, queuesKey(options.prefix));
  return {
    name: 'bullmq',
    promises: PROMISES.bullmq,
    submitter: () => new BullmqSubmitter(options),
    inspector: () => guardedInspector(new BullmqInspector(options)),
    consumer: (context) => new BullmqConsumer(options, context),
    health: () => probe.look(),
    close: async () => probe.close(),
  };
}
