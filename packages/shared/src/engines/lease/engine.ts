import type { ConsumerContext } from '../../engine/consumer.ts';
import type { Engine, EngineHealth } from '../../engine/engine.ts';
import { PROMISES } from '../../engine/promises.ts';
import { serverOf, whenReady } from '../../redis/connections.ts';
import { checkSafety } from '../../redis/safety.ts';
import type { EngineOptions } from '../open.ts';
import { LeaseConsumer } from './consumer.ts';
import { LeaseHistorySource } from './history-source.ts';
import { LeaseInspector } from './inspector.ts';
import { LAYOUT, type Layout } from './keys.ts';
import { DataSets } from './shard.ts';
import { LeaseSubmitter } from './submitter.ts';

const HEALTH_CACHE_MS = 1_000;

/** The default engine: claim, lease, fence and settle in Lua; see `docs/decisions/0002-lease-layout.md`. A layout is given by tests alone. */
export function leaseEngine(options: EngineOptions, layout: Layout = LAYOUT): Engine {
  const dataSets = new DataSets(layout);
  let health: { at: number; value: Promise<EngineHealth> } | undefined;
  let looker: LeaseInspector | undefined;

  const look = async (): Promise<EngineHealth> => {
    if (looker === undefined) {
      looker = new LeaseInspector(options, dataSets);
      await looker.start();
    }
    try {
      await whenReady(looker.connection, HEALTH_CACHE_MS);
      const server = await serverOf(looker.connection, `${options.prefix}:health`);
      const { problems, warnings, fsyncFault, ...report } = await checkSafety(server);
      const found = [...problems];
      const refusal = report.refusal ?? (options.durability === 'fsync' ? fsyncFault : undefined);
      if (refusal !== undefined && !found.includes(refusal)) found.push(refusal);
      const { connection } = looker;
      for (const prefix of await dataSets.check((own) => connection.hget(`${own}meta`, 'epoch')))
        found.push(`Redis came back without the data of ${prefix}*`);
      return { isReady: found.length === 0, problems: found, warnings, ...(refusal === undefined ? {} : { refusal }) };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return { isReady: false, problems: [`Redis does not answer: ${message}`], warnings: [] };
    }
  };

  return {
    name: 'lease',
    promises: PROMISES.lease,
    submitter: () => new LeaseSubmitter(options, dataSets),
    inspector: () => new LeaseInspector(options, dataSets),
    consumer: (context: ConsumerContext) => new LeaseConsumer(options, dataSets, context),
    historySource: (queue) => new LeaseHistorySource(options, dataSets, queue),
    health: () => {
      if (health === undefined || Date.now() - health.at > HEALTH_CACHE_MS) health = { at: Date.now(), value: look() };
      return health.value;
    },
    async close() {
      await looker?.stop();
      looker = undefined;
    },
  };
}
