import type { Engine } from '../../engine/engine.ts';
import { PROMISES } from '../../engine/promises.ts';
import { refuseDurability } from '../../engine/unsupported.ts';
import { guardedInspector } from '../../redis/guarded-inspector.ts';
import { HealthProbe } from '../../redis/health.ts';
import type { EngineOptions } from '../open.ts';
import { BrpopConsumer } from './consumer.ts';
import { BrpopInspector } from './inspector.ts';
import { queuesKey } from './keys.ts';
import { BrpopSubmitter } from './submitter.ts';

/**
 * The plain pattern: `LPUSH` and `BRPOP` on one list with JSON in it. Anything that can push can submit; a worker that is
 * killed takes its jobs with it, and nothing brings them back.
 */
export function brpopEngine(options: EngineOptions): Engine {
  refuseDurability('brpop', options.durability);
  const probe = new HealthProbe(options.redisUrl, queuesKey(options.prefix));
  return {
    name: 'brpop',
    promises: PROMISES.brpop,
    submitter: () => new BrpopSubmitter(options),
    inspector: () => guardedInspector(new BrpopInspector(options)),
    consumer: (context) => new BrpopConsumer(options, context),
    health: () => probe.look(),
    close: async () => probe.close(),
  };
}
