import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '../../support/until.ts';
import { ServerProcess } from './process.ts';
import type { Topology } from './topology.ts';

const MASTER = 'jobs';
/** A master that is silent for this long is given up, ms. */
const DOWN_AFTER_MS = 1_000;

/** Two servers of data, three sentinels. */
export class SentinelGroup implements Topology {
  readonly url: string;
  readonly #data: readonly ServerProcess[];
  readonly #sentinels: readonly ServerProcess[];

  private constructor(data: readonly ServerProcess[], sentinels: readonly ServerProcess[]) {
    this.#data = data;
    this.#sentinels = sentinels;
    this.url = `redis+sentinel://${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/${MASTER}`;
  }

  static async start(): Promise<SentinelGroup> {
    const master = await ServerProcess.start(ServerProcess.data());
    const replica = await ServerProcess.start(ServerProcess.data('--replicaof', '127.0.0.1', String(master.port)));
    await until('the replica to follow', () =>
      replica.ask(async (client) => (await client.info('replication')).includes('master_link_status:up')),
    );
    const sentinels: ServerProcess[] = [];
    for (let number = 0; number < 3; number += 1) sentinels.push(await startSentinel(master.port));
    const group = new SentinelGroup([master, replica], sentinels);
    await until('the sentinels to know each other and the replica', () => group.#isComplete(), 30_000);
    return group;
  }

  /** Kills the master. @returns the server that took its place, once it is one. */
  async failover(): Promise<ServerProcess> {
    const port = await this.#masterPort();
    const [fallen, heir] = this.#data[0]?.port === port ? this.#data : this.#data.toReversed();
    if (!fallen || !heir) throw new Error('no master');
    await fallen.kill();
    await until(
      'the replica to be the master',
      () => heir.ask(async (client) => (await client.role())[0] === 'master'),
      30_000,
    );
    return heir;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#sentinels, ...this.#data].map((server) => server.stop()));
  }

  async #masterPort(): Promise<number> {
    const [sentinel] = this.#sentinels;
    const address = await sentinel?.ask((client) => client.call('SENTINEL', 'get-master-addr-by-name', MASTER));
    return Array.isArray(address) ? Number(address[1]) : 0;
  }

  async #isComplete(): Promise<boolean> {
    for (const sentinel of this.#sentinels) {
      const info = await sentinel.ask((client) => client.info('sentinel'));
      if (!/status=ok,address=[^,]+,slaves=1,sentinels=3/.test(info)) return false;
    }
    return true;
  }
}

const startSentinel = (masterPort: number): Promise<ServerProcess> =>
  ServerProcess.start(async (port, dir) => {
    const file = join(dir, 'sentinel.conf');
    const lines = [
      `port ${port}`,
      'bind 127.0.0.1',
      `dir ${dir}`,
      `sentinel monitor ${MASTER} 127.0.0.1 ${masterPort} 2`,
      `sentinel down-after-milliseconds ${MASTER} ${DOWN_AFTER_MS}`,
      `sentinel failover-timeout ${MASTER} 5000`,
    ];
    await writeFile(file, `${lines.join('\n')}\n`);
    return [file, '--sentinel'];
  });
