import { ServerCluster } from './cluster.ts';
import { ServerProcess } from './process.ts';
import { SentinelGroup } from './sentinel.ts';
import { startTls } from './tls.ts';
import type { Topology, TopologyName } from './topology.ts';

export function startTopology(name: TopologyName): Promise<Topology> {
  switch (name) {
    case 'alone':
      return startAlone();
    case 'tls':
      return startTls();
    case 'sentinel':
      return SentinelGroup.start();
    case 'cluster':
      return ServerCluster.start();
  }
}

async function startAlone(): Promise<Topology> {
  const server = await ServerProcess.start(ServerProcess.data());
  return { url: `redis://127.0.0.1:${server.port}`, stop: () => server.stop() };
}
