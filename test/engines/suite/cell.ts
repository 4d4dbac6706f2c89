import type { EngineName } from 'prodwork/engine/engine';
import { afterAll, beforeAll, describe } from 'vitest';
import { conformance } from '../../conformance/conformance.ts';
import { ServerCluster } from '../topologies/cluster.ts';
import { SentinelGroup } from '../topologies/sentinel.ts';
import { startTopology } from '../topologies/start.ts';
import { TOPOLOGIES, type Topology } from '../topologies/topology.ts';
import { durabilityTopic } from './durability.ts';
import { failoverTopic } from './failover.ts';
import { slotMoveTopic } from './slot-move.ts';

/** One engine on the server and the topology that the environment names: the suite, and what only this topology can do. */
export function cell(engine: EngineName): void {
  const name = TOPOLOGIES.find((known) => known === process.env.ENGINES_TOPOLOGY) ?? 'alone';
  describe(engine, () => {
    let topology: Topology | undefined;
    beforeAll(async () => {
      topology = await startTopology(name);
    });
    afterAll(async () => {
      await topology?.stop();
    });
    const url = (): string => topology?.url ?? '';

    conformance(engine, url);
    if (engine === 'lease') describe('durability', () => durabilityTopic(url));
    if (name === 'sentinel') {
      failoverTopic(engine, () => {
        if (topology instanceof SentinelGroup) return topology;
        throw new Error('no sentinels');
      });
    }
    if (name === 'cluster') {
      slotMoveTopic(engine, () => {
        if (topology instanceof ServerCluster) return topology;
        throw new Error('no cluster');
      });
    }
  });
}
