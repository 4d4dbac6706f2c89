import { readFileSync } from 'node:fs';
import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis';
import { ProdworkError } from '../errors.ts';
import { StrictCluster } from './strict-cluster.ts';
import { tlsConnector } from './tls-connector.ts';
import { parseRedisUrl, type RedisTarget, type TlsFiles } from './url.ts';

export type Connection = Redis | Cluster;

export interface ConnectOptions {
  /** Seen in CLIENT LIST: how a worker's life is told from outside. */
  readonly name: string;
  /**
   * No byte from the server for this long while a reply is due, ms, and the socket is dropped. Silence, not total
   * time: a large reply over a slow line takes long and is fine.
   */
  readonly silenceMs: number;
}

/** Attempts to reconnect are at most this far apart, ms. */
const RECONNECT_MAX_MS = 1_000;
const reconnectDelayMs = (attempt: number): number => Math.min(50 * 2 ** Math.min(attempt - 1, 6), RECONNECT_MAX_MS);

/**
 * Makes a connection; nothing happens before `connect()` is called on it.
 *
 * Commands are never queued while it is away and never sent twice by themselves: whoever sent one learns that its
 * answer is lost, and knows better than the client whether it may be repeated.
 */
export function createConnection(url: string, { name, silenceMs }: ConnectOptions): Connection {
  const target = parseRedisUrl(url);
  const tls = target.tls && certificates(target.tls);
  const common = {
    connectionName: name,
    lazyConnect: true,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 2_000,
    socketTimeout: silenceMs,
    keepAlive: 5_000,
    disableClientInfo: true,
    db: target.db,
    ...(target.username === undefined ? {} : { username: target.username }),
    ...(target.password === undefined ? {} : { password: target.password }),
    ...(tls ? { tls } : {}),
    // Behind Sentinel, ioredis's own connector finds the master.
    ...(tls && target.topology !== 'sentinel' ? { Connector: tlsConnector(tls) } : {}),
  } satisfies RedisOptions;
  const connection =
    target.topology === 'cluster' ? openCluster(target, common) : openServer(target, { ...common, ...ALONE });
  // Without a listener an error event would end the process; every state that matters is seen through `status`.
  connection.on('error', () => {});
  // Many callers may wait for it at once; `0` for no limit would be counted on by BullMQ as a small one.
  connection.setMaxListeners(100_000);
  return connection;
}

/** @throws ProdworkError `PRODWORK_CONFIG_INVALID` when a file cannot be read. */
function certificates(files: TlsFiles): { ca?: Buffer; cert?: Buffer; key?: Buffer } {
  const read = ([name, path]: [string, string]): [string, Buffer] => {
    try {
      return [name, readFileSync(path)];
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      const message = `the ${name} file of the TLS line cannot be read: ${why}`;
      throw new ProdworkError('PRODWORK_CONFIG_INVALID', message, { field: 'REDIS_URL', cause });
    }
  };
  return Object.fromEntries(Object.entries(files).map(read));
}

const ALONE = { enableOfflineQueue: false, retryStrategy: reconnectDelayMs } as const;

function openServer({ topology, nodes, master = '' }: RedisTarget, options: Omit<RedisOptions, 'replyMapping'>): Redis {
  const [first] = nodes;
  if (topology === 'single') return new Redis({ ...options, host: first?.host ?? '', port: first?.port ?? 0 });
  return new Redis({
    ...options,
    sentinels: nodes.map(({ host, port }) => ({ host, port })),
    name: master,
    // Sentinels of a TLS set-up speak TLS too, signed by the same authority.
    ...(options.tls ? { enableTLSForSentinelMode: true, sentinelTLS: options.tls } : {}),
    sentinelRetryStrategy: reconnectDelayMs,
    sentinelCommandTimeout: 2_000,
    failoverDetector: true,
    // A demoted master answers READONLY: leave it and ask Sentinel again.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  });
}

function openCluster(
  { nodes }: RedisTarget,
  redisOptions: Omit<NonNullable<ClusterOptions['redisOptions']>, 'replyMapping'>,
): Cluster {
  return new StrictCluster(
    nodes.map(({ host, port }) => ({ host, port })),
    {
      lazyConnect: true,
      redisOptions,
      clusterRetryStrategy: reconnectDelayMs,
      retryDelayOnTryAgain: 100,
      // 0: a command whose answer was lost is not sent again; see above.
      retryDelayOnFailover: 0,
      retryDelayOnClusterDown: 200,
      slotsRefreshInterval: 5_000,
    },
  );
}

/** Starts connecting and goes on trying for as long as the connection is not closed. Never rejects. */
export function keepConnected(connection: Connection): void {
  connection.connect().catch(() => {});
}

/**
 * Waits until commands can be sent.
 * @throws ProdworkError `QUEUE_UNAVAILABLE` when that takes longer than `withinMs`.
 */
export function whenReady(connection: Connection, withinMs: number): Promise<void> {
  if (connection.status === 'ready') return Promise.resolve();
  return new Promise((resolve, reject) => {
    const settle = (end: () => void) => () => {
      clearTimeout(timer);
      connection.off('ready', onReady);
      connection.off('end', onEnd);
      end();
    };
    const unavailable = () => new ProdworkError('QUEUE_UNAVAILABLE', undefined, { retryAfterSeconds: 2 });
    const onReady = settle(resolve);
    const onEnd = settle(() => reject(unavailable()));
    const timer = setTimeout(
      settle(() => reject(unavailable())),
      withinMs,
    );
    connection.once('ready', onReady);
    connection.once('end', onEnd);
  });
}

/** Closes at once; commands under way are rejected. May be called twice. */
export function closeConnection(connection: Connection): void {
  connection.disconnect();
}

/** The connection to the one server that holds `key`: in a Cluster, commands like CLIENT LIST must go to the right node. */
export async function serverOf(connection: Connection, key: string): Promise<Redis> {
  if (!(connection instanceof Cluster)) return connection;
  const slots = connection.slots;
  const slot = Number(await connection.cluster('KEYSLOT', key));
  const [master] = slots[slot] ?? [];
  const node = connection.nodes('master').find(({ options }) => `${options.host}:${options.port}` === master);
  if (node === undefined) throw new ProdworkError('QUEUE_UNAVAILABLE', 'no node holds the slot');
  return node;
}
