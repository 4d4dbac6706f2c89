import { freePort } from '../../support/redis-server.ts';
import { until } from '../../support/until.ts';
import { ServerProcess } from './process.ts';
import type { Topology } from './topology.ts';

const SLOTS = 16_384;
const NODES = 3;

/** Three masters that share the slots. */
export class ServerCluster implements Topology {
  readonly url: string;
  readonly #nodes: readonly ServerProcess[];

  private constructor(nodes: readonly ServerProcess[]) {
    this.#nodes = nodes;
    this.url = `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`;
  }

  static async start(): Promise<ServerCluster> {
    const nodes: ServerProcess[] = [];
    for (let number = 0; number < NODES; number += 1) {
      const bus = await freePort();
      const flags = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '5000', '--cluster-port', String(bus)];
      const node = await ServerProcess.start(ServerProcess.data(...flags));
      const [first] = nodes;
      nodes.push(node);
      const from = Math.floor((number * SLOTS) / NODES);
      const to = Math.floor(((number + 1) * SLOTS) / NODES) - 1;
      await node.ask(async (client) => {
        await client.call('CLUSTER', 'SET-CONFIG-EPOCH', number + 1);
        await client.call('CLUSTER', 'ADDSLOTSRANGE', from, to);
      });
      await first?.ask((client) => client.call('CLUSTER', 'MEET', '127.0.0.1', node.port, bus));
    }
    const cluster = new ServerCluster(nodes);
    await until('the nodes to agree', () => cluster.#agrees(), 30_000);
    return cluster;
  }

  async slotOf(key: string): Promise<number> {
    const [node] = this.#nodes;
    return Number(await node?.ask((client) => client.call('CLUSTER', 'KEYSLOT', key)));
  }

  /** Moves a slot with all its keys from its node to the next one, as `redis-cli --cluster reshard` does. */
  async moveSlot(slot: number): Promise<{ readonly keys: number }> {
    const at = await this.#ownerOf(slot);
    const source = this.#nodes[at];
    const target = this.#nodes[(at + 1) % this.#nodes.length];
    if (!source || !target) throw new Error(`nobody has slot ${slot}`);
    const id = (node: ServerProcess) => node.ask(async (client) => String(await client.call('CLUSTER', 'MYID')));
    const [from, to] = [await id(source), await id(target)];
    await target.ask((client) => client.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', from));
    await source.ask((client) => client.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', to));
    const keys = await source.ask(async (client) => {
      let moved = 0;
      for (;;) {
        const batch = await client.call('CLUSTER', 'GETKEYSINSLOT', slot, 5);
        if (!Array.isArray(batch) || batch.length === 0) return moved;
        moved += batch.length;
        await client.call('MIGRATE', '127.0.0.1', target.port, '', 0, 5_000, 'KEYS', ...batch.map(String));
      }
    });
    for (const node of [target, source, ...this.#nodes])
      await node.ask((client) => client.call('CLUSTER', 'SETSLOT', slot, 'NODE', to));
    return { keys };
  }

  async stop(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.stop()));
  }

  async #ownerOf(slot: number): Promise<number> {
    for (const [at, node] of this.#nodes.entries()) {
      const mine = await node.ask(async (client) => String(await client.call('CLUSTER', 'NODES')));
      const ranges = /^.*\bmyself\b.*$/m.exec(mine)?.[0].split(' ').slice(8) ?? [];
      const holds = ranges.some((range) => {
        const [low = 0, high = low] = range.split('-').map(Number);
        return low <= slot && slot <= high;
      });
      if (holds) return at;
    }
    return -1;
  }

  async #agrees(): Promise<boolean> {
    for (const node of this.#nodes) {
      const info = await node.ask(async (client) => String(await client.call('CLUSTER', 'INFO')));
      if (!info.includes('cluster_state:ok') || !info.includes('cluster_known_nodes:3')) return false;
    }
    return true;
  }
}
