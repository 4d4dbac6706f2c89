import type { Redis } from 'ioredis';
import type { ConsumerOptions } from '../../engine/consumer.ts';
import { ProdworkError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { type Connection, serverOf } from '../../redis/connections.ts';
import type { EngineOptions } from '../open.ts';
import { scripts } from './scripts.ts';
import type { Shard } from './shard.ts';

/**
 * The name of every connection of a worker process, as CLIENT LIST shows it. A process that was taken for dead and
 * joined anew (`<incarnation>~2`) keeps the connections, and so the name, that it had.
 */
export const connectionName = (prefix: string, incarnation: string): string =>
  `${prefix}:${incarnation.replace(/~\d+$/, '')}`;

/** How often a worker whose name is taken looks whether the other one still lives, ms. */
const NAME_RETRY_MS = 250;

/**
 * The names of all connections to a server, or undefined when this Redis does not let us look
 * (then a dead worker is noticed when its lease expires).
 */
export async function connectedNames(server: Redis): Promise<ReadonlySet<string> | undefined> {
  const list = await server.client('LIST').catch((error: Error) => {
    if (/NOPERM|unknown|disabled/i.test(error.message)) return undefined;
    throw error;
  });
  if (list === undefined) return undefined;
  return new Set([...String(list).matchAll(/ name=(\S+) /g)].map(([, name = '']) => name));
}

/**
 * Joins the shard as one incarnation of a named worker. A former self with that name is taken back from only when its
 * connection is gone; while another living worker has the name, joining waits for a lease and then refuses.
 * Ends without having joined once it is not wanted any more.
 * @throws ProdworkError `PRODWORK_WORKER_NAME_TAKEN`
 */
export async function join(
  connection: Connection,
  shard: Shard,
  incarnation: string,
  worker: ConsumerOptions,
  engine: EngineOptions,
  log: Log,
  isWanted: () => boolean,
): Promise<void> {
  const epoch = await shard.open();
  const giveUpAt = Date.now() + engine.leaseMs + 2_000;
  while (isWanted()) {
    const [answer, other] = await shard.ask(scripts.register, [
      incarnation,
      epoch,
      engine.leaseMs,
      worker.name,
      ...recordOf(worker),
      'layout',
      shard.layout.number,
    ]);
    if (answer === 'ok') return;
    const living = await connectedNames(await serverOf(connection, shard.keys.script[0]));
    if (living !== undefined && !living.has(connectionName(engine.prefix, String(other)))) {
      const [taken] = await shard.ask(scripts.deregister, [
        String(other),
        engine.deliveryLimit,
        engine.keep.count,
        'replaced',
      ]);
      log.info({ workerId: worker.name, jobs: Number(taken) }, 'took back what the former self of this worker held');
      continue;
    }
    if (Date.now() > giveUpAt) {
      throw new ProdworkError(
        'PRODWORK_WORKER_NAME_TAKEN',
        `another living worker is called ${worker.name}: give each one its own WORKER_NAME`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, NAME_RETRY_MS));
  }
}

function recordOf(worker: ConsumerOptions): readonly (string | number)[] {
  const types = worker.types.map(({ type }) => type).join(',');
  return [
    'host',
    worker.host,
    'pid',
    worker.pid,
    'version',
    worker.version,
    'slots',
    worker.slots,
    'types',
    `,${types},`,
  ];
}
